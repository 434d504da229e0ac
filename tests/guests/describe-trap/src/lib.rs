//! Traps when asked what it is.

use bindings::Actor;

struct DescribeTrap;

impl Actor for DescribeTrap {
    const NAME: &'static str = "describe-trap";

    fn describe() -> String {
        panic!("this component does not describe itself");
    }

    fn action(_call: u64, _name: &str, _args: &[u8]) {}
}

bindings::component!(DescribeTrap);
