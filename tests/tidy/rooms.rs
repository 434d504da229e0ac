//! The table of rooms: which part of the host may use which. Everything not listed is forbidden.

/// A room of the crate `rivet-host`: a folder or a file of `host/src`, and the rooms that it may name.
pub const ROOMS: [(&str, &[&str]); 6] = [
    ("wire", &["gateway", "catalog", "lens"]),
    ("gateway", &["actor", "catalog"]),
    ("actor", &["catalog"]),
    ("catalog", &[]),
    ("egress", &[]),
    ("lens", &["actor", "catalog"]),
];

/// Files of `host/src` that wire the rooms together, and may name them all.
pub const WIRING: [&str; 4] = ["cli", "host.rs", "main.rs", "lib.rs"];

/// A crate that only some folders may use.
pub struct Restricted {
    /// The crate, as sources name it.
    pub name: &'static str,
    /// Where it may be named; a folder stands for all in it.
    pub allowed: &'static [&'static str],
}

/// The crates of this workspace, and those that one room hides from the others. Held against the code that
/// ships under `host`: tests and benchmarks may stand on anything. The files of [`WIRING`] may name every crate
/// of the workspace.
pub const CRATES: [Restricted; 21] = [
    Restricted { name: "rivet_ground", allowed: &["host/codec", "host/store", "host/sandbox", "host/src"] },
    Restricted { name: "rivet_codec", allowed: &["host/codec", "host/src/wire"] },
    Restricted {
        name: "rivet_store",
        allowed: &[
            "host/store",
            "host/sandbox/src/iface",
            "host/src/gateway",
            "host/src/actor",
            "host/src/catalog",
            "host/src/lens",
        ],
    },
    Restricted { name: "rivet_sandbox", allowed: &["host/sandbox", "host/src/actor", "host/src/catalog"] },
    Restricted { name: "rivet_host", allowed: &[] },
    Restricted { name: "hyper", allowed: &["host/src/wire", "host/src/cli", "host/src/egress"] },
    Restricted { name: "hyper_util", allowed: &["host/src/wire", "host/src/cli", "host/src/egress"] },
    Restricted { name: "http_body_util", allowed: &["host/src/wire", "host/src/cli", "host/src/egress"] },
    Restricted { name: "wasmtime", allowed: &["host/sandbox"] },
    Restricted { name: "wasmtime_wasi", allowed: &["host/sandbox"] },
    Restricted { name: "tokio_tungstenite", allowed: &["host/src/wire"] },
    Restricted { name: "rustls", allowed: &["host/src/egress"] },
    Restricted { name: "tokio_rustls", allowed: &["host/src/egress"] },
    Restricted { name: "webpki_roots", allowed: &["host/src/egress"] },
    Restricted { name: "ipnet", allowed: &["host/src/egress"] },
    Restricted { name: "url", allowed: &["host/ground", "host/sandbox/src/iface", "host/src/egress"] },
    Restricted { name: "redb", allowed: &["host/store"] },
    Restricted { name: "croner", allowed: &["host/ground"] },
    Restricted { name: "chrono", allowed: &["host/ground"] },
    Restricted { name: "chrono_tz", allowed: &["host/ground"] },
    Restricted { name: "rusqlite", allowed: &["host/store"] },
];

/// The one file that reads the machine's clock.
pub const CLOCK: &str = "host/ground/src/clock.rs";
