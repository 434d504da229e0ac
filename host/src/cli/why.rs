//! `rivet-host why`.

use std::fmt::Write;

use anyhow::bail;
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::{Method, Uri};
use rivet_ground::ActorId;
use serde_json::Value;

use crate::cli::{client, print};

/// Show what keeps an actor awake.
#[derive(Args)]
pub(super) struct Why {
    /// The actor's id
    id: ActorId,
    /// The host's URL
    #[arg(long, default_value = "http://127.0.0.1:6420")]
    url: Uri,
}

impl Why {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let route = (Method::GET, &*format!("/actors/{}/awake", self.id));
        let (status, answer) = client::send(&self.url, None, route, (0, Full::<Bytes>::default())).await?;
        if !status.is_success() {
            let text = |field: &str| client::text(&answer, field).unwrap_or_default();
            bail!("{} has no answer ({status}, {}): {}", self.url, text("code"), text("message"));
        }
        print(&text(&answer)?)
    }
}

fn text(answer: &Value) -> anyhow::Result<String> {
    let mut out = String::new();
    let field = |name: &str| client::text(answer, name).unwrap_or_default();
    let name = |text: String| text.replace('_', " ");
    writeln!(out, "{} {} is {}", field("name"), field("key"), name(field("state")))?;
    if let Some(phase) = client::text(answer, "phase") {
        writeln!(out, "  phase     {phase}")?;
    }
    for (label, at) in
        [("deadline", "deadline_ms"), ("sleeps at", "sleeps_at_ms"), ("wakes at", "wakes_at_ms")]
    {
        if let Some(ms) = answer.get(at).and_then(Value::as_u64) {
            writeln!(out, "  {label:9} {ms} ms since the Unix epoch")?;
        }
    }
    let causes = answer.get("causes").and_then(Value::as_array).cloned().unwrap_or_default();
    if causes.is_empty() && answer.get("state") == Some(&"awake".into()) {
        writeln!(out, "  nothing keeps it awake but that it was active a moment ago")?;
    }
    for cause in causes {
        let field = |name: &str| client::text(&cause, name).unwrap_or_default();
        writeln!(out, "  {:>6}  {:14}  {}", field("count"), name(field("cause")), field("detail"))?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes_are_listed() {
        let answer = json!({
            "name": "counter", "key": ["a"], "state": "awake",
            "causes": [{ "cause": "keep_awake", "count": 2, "detail": "it holds itself awake" }],
        });
        let text = text(&answer).unwrap();
        assert!(text.starts_with("counter [\"a\"] is awake\n"), "{text}");
        assert!(text.contains("     2  keep awake      it holds itself awake\n"), "{text}");
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let answer = json!({ "name": "c", "key": [], "state": "awake", "causes": [], "sleeps_at_ms": 5 });
        let text = text(&answer).unwrap();
        assert!(text.contains("sleeps at 5 ms") && text.contains("nothing keeps it awake"), "{text}");
    }
}
