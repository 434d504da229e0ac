//! No file is longer than 400 lines, no function longer than 70.

use crate::source::Source;
use crate::{catches, hold};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

#[test]
fn files_and_functions_are_short() {
    hold(too_long);
}

#[test]
fn the_rule_catches_what_is_too_long() {
    let lines = |count: usize| "// a line\n".repeat(count);
    catches(too_long, "a.rs", &lines(400), &[]);
    catches(too_long, "a.rs", &lines(401), &["401 lines"]);
    catches(too_long, "a.rs", &format!("fn f() {{\n{}}}", lines(68)), &[]);
    catches(too_long, "a.rs", &format!("fn f() {{\n{}}}", lines(69)), &["fn f has 71 lines"]);
    let nested =
        format!("trait T {{ fn g(); }} impl T {{\n async fn f(a: [u8; 4]) where A: B {{\n{}}} }}", lines(69));
    catches(too_long, "a.rs", &nested, &["a.rs:2: fn f has 71 lines"]);
    catches(too_long, "a.rs", &format!("fn g();\nmod m {{\n{}}}\ntype F = fn(u8);", lines(90)), &[]);
}

fn too_long(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    if source.lines > FILE_LINES {
        wrong.push(format!("{}: {} lines, at most {FILE_LINES}", source.path, source.lines));
    }
    for (index, token) in source.tokens.iter().enumerate() {
        let rest = &source.tokens[index..];
        let Some(name) = rest.get(1).filter(|name| token.text == "fn" && name.text != "(") else { continue };
        let at_depth = || rest.iter().filter(|other| other.depth == token.depth);
        let body = at_depth().find(|other| other.text == "{" || other.text == ";");
        let end = at_depth().find(|other| other.text == "}");
        if let (Some(body), Some(end)) = (body, end)
            && body.text == "{"
        {
            let lines = end.line - token.line + 1;
            if lines > FUNCTION_LINES {
                let at = format!("{}:{}", source.path, token.line);
                wrong.push(format!("{at}: fn {} has {lines} lines, at most {FUNCTION_LINES}", name.text));
            }
        }
    }
    wrong
}
