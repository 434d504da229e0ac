//! What a component wants from the host, beside what the host offers.

use std::fmt;

/// The interfaces that the host offers, with the version it speaks.
const OFFERED: &[(&str, &str)] = &[
    ("rivet:actor/client", "0.1.0"),
    ("rivet:actor/connection", "0.1.0"),
    ("rivet:actor/cron", "0.1.0"),
    ("rivet:actor/events", "0.1.0"),
    ("rivet:actor/fetch", "0.1.0"),
    ("rivet:actor/identity", "0.1.0"),
    ("rivet:actor/kv", "0.1.0"),
    ("rivet:actor/lifecycle", "0.1.0"),
    ("rivet:actor/log", "0.1.0"),
    ("rivet:actor/operation", "0.1.0"),
    ("rivet:actor/queue", "0.1.0"),
    ("rivet:actor/reply", "0.1.0"),
    ("rivet:actor/request", "0.1.0"),
    ("rivet:actor/schedule", "0.1.0"),
    ("rivet:actor/sql", "0.1.0"),
    ("rivet:actor/state", "0.1.0"),
    ("rivet:actor/timer", "0.1.0"),
    ("rivet:actor/types", "0.1.0"),
    ("rivet:actor/web-socket", "0.1.0"),
    ("rivet:actor/workflow", "0.1.0"),
    ("wasi:cli/environment", WASI),
    ("wasi:cli/exit", WASI),
    ("wasi:cli/stderr", WASI),
    ("wasi:cli/stdin", WASI),
    ("wasi:cli/stdout", WASI),
    ("wasi:cli/terminal-input", WASI),
    ("wasi:cli/terminal-output", WASI),
    ("wasi:cli/terminal-stderr", WASI),
    ("wasi:cli/terminal-stdin", WASI),
    ("wasi:cli/terminal-stdout", WASI),
    ("wasi:clocks/monotonic-clock", WASI),
    ("wasi:clocks/wall-clock", WASI),
    ("wasi:filesystem/preopens", WASI),
    ("wasi:filesystem/types", WASI),
    ("wasi:io/error", WASI),
    ("wasi:io/poll", WASI),
    ("wasi:io/streams", WASI),
    ("wasi:random/insecure", WASI),
    ("wasi:random/insecure-seed", WASI),
    ("wasi:random/random", WASI),
];
const WASI: &str = "0.2.12";

/// The imports of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTable {
    /// One row an import, in the component's order.
    pub rows: Vec<ImportRow>,
}

/// One import of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// What the component wants: `wasi:io/poll@0.2.6`.
    pub wants: String,
    /// What the host has for it; none when it has nothing.
    pub offer: Option<String>,
}

impl ImportTable {
    /// Looks up each import among what the host offers.
    pub(crate) fn new<'a>(wants: impl Iterator<Item = &'a str>) -> Self {
        Self { rows: wants.map(|w| ImportRow { wants: w.to_owned(), offer: offer(w) }).collect() }
    }

    /// Whether the host has something for every import.
    pub fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.offer.is_some())
    }
}

/// The host's version of an interface, if it is on the same track: 0.2.x answers 0.2.y.
fn offer(wants: &str) -> Option<String> {
    let (interface, version) = wants.split_once('@')?;
    let (_, offered) = OFFERED.iter().find(|(name, _)| *name == interface)?;
    let track = |v: &str| v.rsplit_once('.').map(|(track, _)| track.to_owned());
    (track(version) == track(offered)).then(|| format!("{interface}@{offered}"))
}

impl fmt::Display for ImportTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WANTS: &str = "component wants";
        let width = self.rows.iter().map(|row| row.wants.len()).chain([WANTS.len()]).max().unwrap_or(0);
        write!(f, "  {WANTS:width$}  host offers")?;
        for row in &self.rows {
            write!(f, "\n  {:width$}  {}", row.wants, row.offer.as_deref().unwrap_or("nothing  <- refused"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_match_on_their_track() {
        assert_eq!(offer("wasi:io/poll@0.2.3").as_deref(), Some("wasi:io/poll@0.2.12"));
        assert_eq!(offer("wasi:io/poll@0.3.0"), None);
        assert_eq!(offer("wasi:sockets/tcp@0.2.3"), None);
        assert_eq!(offer("wasi:io/poll"), None);
    }

    #[test]
    fn the_table_shows_what_is_refused() {
        let table = ImportTable::new(["wasi:io/poll@0.2.3", "wasi:sockets/tcp@0.2.3"].into_iter());
        assert!(!table.is_met());
        let text = table.to_string();
        assert!(text.contains("wasi:sockets/tcp@0.2.3  nothing"), "{text}");
    }

    #[test]
    fn everything_offered_is_linked() {
        let clock = std::sync::Arc::new(rivet_ground::ManualClock::at(0));
        let mut config = crate::SandboxConfig::new(clock);
        config.live_max = 1;
        let sandbox = crate::Sandbox::new(config).unwrap();
        for (name, version) in OFFERED {
            let text = format!("(component (import \"{name}@{version}\" (instance)))");
            let component =
                wasmtime::component::Component::new(&sandbox.engine, wat::parse_str(text).unwrap()).unwrap();
            assert!(sandbox.linker.instantiate_pre(&component).is_ok(), "{name}");
        }
    }
}
