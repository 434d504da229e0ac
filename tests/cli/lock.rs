//! A data directory belongs to one host at a time.

use support::{Host, example};

use crate::{printed, rivet_host};

#[test]
fn a_second_host_on_the_same_data_is_refused() {
    let mut host = Host::start([example("counter")]);
    let data = host.data();
    let component = example("counter");
    let args = ["run", component.to_str().unwrap(), "--port", "0", "--data", data.to_str().unwrap()];
    let second = rivet_host(&args);
    assert!(!second.status.success());
    let printed = printed(&second);
    assert!(printed.contains(data.to_str().unwrap()), "the directory is not named:\n{printed}");

    // The lock goes with its holder, however that ended.
    host.kill();
    host.restart();
}
