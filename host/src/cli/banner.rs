//! What `run` prints when the host answers.

use std::path::Path;

use crate::catalog::ComponentInfo;
use crate::egress::Pattern;

/// The URL, the data directory, what actors may reach, and a table of the actors.
pub(super) fn text(
    url: &str,
    data: &Path,
    durability: &str,
    token: Option<&str>,
    allowed: &[Pattern],
    components: &[ComponentInfo],
) -> String {
    let mut out = format!(
        "\n  rivet-host {}\n\n  url         {url}\n  data        {}\n  durability  {durability}\n",
        env!("CARGO_PKG_VERSION"),
        data.display()
    );
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    if let Some(token) = token {
        line(format!("  token       {token}   (for /components; set it with RIVET_HOST_TOKEN)"));
    }
    if !allowed.is_empty() {
        let allowed: Vec<String> = allowed.iter().map(Pattern::to_string).collect();
        line(format!("  outbound    {}", allowed.join(", ")));
    }
    line(String::new());
    let rows = rows(components);
    if rows.is_empty() {
        line(format!("  no actors yet: rivet-host deploy <component.wasm> --url {url}"));
    } else {
        let width =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|t| t.chars().count()).max();
        let (name, component) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        for [n, c, a] in &rows {
            line(format!("  {n:name$}  {c:component$}  {a}"));
        }
    }
    if let Some([_, actor, action]) = example(components) {
        line(format!(
            "\n  try it\n  curl -s '{url}/gateway/{actor}/action/{action}?rvt-namespace=default&rvt-method=getOrCreate&rvt-runner=default&rvt-key=hello' -d '{{\"args\":[]}}'"
        ));
    }
    line(String::new());
    out
}

/// One row an actor, below a head: name, component, actions.
fn rows(components: &[ComponentInfo]) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for component in components {
        let digest: String = component.digest.chars().take(12).collect();
        for actor in &component.actors {
            let icon = actor.icon.as_ref().map(|icon| format!("{icon} ")).unwrap_or_default();
            let origin = format!("{}@{} {digest}", component.name, component.version);
            rows.push([format!("{icon}{}", actor.name), origin, actor.actions.join(", ")]);
        }
    }
    if !rows.is_empty() {
        rows.insert(0, ["ACTOR".to_owned(), "COMPONENT".to_owned(), "ACTIONS".to_owned()]);
    }
    rows
}

fn example(components: &[ComponentInfo]) -> Option<[String; 3]> {
    let actor = components.first()?.actors.first()?;
    let action = actor.actions.first()?;
    Some([String::new(), actor.name.clone(), action.clone()])
}
