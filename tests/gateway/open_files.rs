//! However many connect, the host keeps files for itself.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Host, HostOptions, example, host_binary};

const SOFT: u32 = 100;
const HARD: u32 = 400;
/// More than are let in, and few enough to wait in any backlog.
const IDLE: usize = 200;
/// `limits::RESERVED_FILES`.
const RESERVED: usize = 256;

/// How long something is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The sockets that the host has open.
fn sockets(host: &Host) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", host.pid())).unwrap();
    let open = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    open.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[test]
fn connections_leave_files_to_everything_else() {
    let host = HostOptions::new([example("counter")]).open_files(SOFT, HARD).start_deployed();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some(&*HARD.to_string()), "the host raises it: {files}");

    let mut link = host.actor("counter", "a").connect(&Value::Null);
    let address = host.url().trim_start_matches("http://");
    let idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(address).unwrap()).collect();
    let until = Instant::now() + PATIENCE;
    let taken = HARD as usize - RESERVED;
    while sockets(&host) < taken {
        assert!(Instant::now() < until, "{} sockets:\n{}", sockets(&host), host.output().text());
        std::thread::yield_now();
    }
    for count in 1..=20 {
        assert_eq!(link.output("increment", json!([1])), count);
    }
    let most = sockets(&host);
    // The listener and a few of the runtime's own.
    assert!(most < taken + 16, "{most} sockets");
    assert!(!host.output().text().contains("cannot accept"), "{}", host.output().text());
    // Those who waited have their turn.
    drop(idle);
    assert_eq!(host.actor("counter", "a").output("get", json!([])), 20);
}

#[test]
fn too_few_files_are_an_error() {
    // Where no data directory can be: a host that would start comes to an end all the same.
    let data = tempfile::NamedTempFile::new().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -n 300 && exec "$0" run --port 0 --data "$1""#]);
    let output = shell.arg(host_binary()).arg(data.path()).output().unwrap();
    assert!(!output.status.success());
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("300") && printed.contains("ulimit -n"), "{printed}");
}
