//! No module has a name that says nothing.

use std::path::Path;

use crate::source::Source;
use crate::{catches, hold};

const EMPTY_NAMES: [&str; 4] = ["utils", "common", "helpers", "core"];

#[test]
fn modules_have_names_that_say_something() {
    hold(empty_names);
}

#[test]
fn the_rule_catches_empty_names() {
    catches(empty_names, "host/src/utils.rs", "", &["utils"]);
    catches(empty_names, "host/src/common/mod.rs", "", &["common"]);
    catches(empty_names, "host/src/a.rs", "mod b { pub(crate) mod helpers; }", &["helpers"]);
    catches(empty_names, "host/src/a.rs", "use core::fmt; mod corer; // mod core;", &[]);
}

fn empty_names(source: &Source) -> Vec<String> {
    let stems = Path::new(&source.path).with_extension("");
    let in_path = stems.iter().map(|part| part.to_string_lossy().into_owned());
    let declared =
        source.tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.clone());
    in_path
        .chain(declared)
        .filter(|name| EMPTY_NAMES.contains(&name.as_str()))
        .map(|name| format!("{}: a module is named {name}", source.path))
        .collect()
}
