//! Describes itself in something that is not JSON.

use bindings::Actor;

struct BadManifest;

impl Actor for BadManifest {
    const NAME: &'static str = "bad-manifest";

    fn describe() -> String {
        "actors: [bad-manifest]".to_owned()
    }

    fn action(_call: u64, _name: &str, _args: &[u8]) {}
}

bindings::component!(BadManifest);
