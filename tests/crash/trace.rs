//! The system calls of a host, as `strace` shows them.

use std::path::PathBuf;
use std::process::Child;

use support::Host;

/// The calls that tell when the host reads a request, syncs a file, writes a reply, and turns to somebody else.
const CALLS: &str = "trace=read,readv,recvfrom,write,writev,sendto,sendmsg,fsync,fdatasync,connect";

/// A trace that is being written, or was.
pub struct Trace {
    tracer: Child,
    /// Holds the file of the trace.
    directory: tempfile::TempDir,
    lines: Vec<String>,
}

impl Trace {
    /// Attaches `strace` to a running host, and waits until it traces.
    pub fn attach(host: &Host) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("trace");
        let tracer = host.attach_strace(["-y", "-s", "512", "-e", CALLS, "-o", to.to_str().unwrap()]);
        Self { tracer, directory, lines: Vec::new() }
    }

    /// Ends the host, and with it the trace, and reads what was traced.
    pub fn finish(mut self, mut host: Host) -> Self {
        host.terminate();
        host.wait();
        self.tracer.wait().unwrap();
        let path: PathBuf = self.directory.path().join("trace");
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        self.lines = whole_calls(&text);
        self
    }

    /// The calls between the read of the request with this mark and the write of its reply.
    pub fn between_request_and_reply(&self, mark: &str) -> Vec<&str> {
        self.between_request_and(mark, |line| line.contains("HTTP/1.1 200"))
    }

    /// The calls between the read of the request with this mark and the first that is meant.
    pub fn between_request_and(&self, mark: &str, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let is_read = |line: &str| ["read(", "readv(", "recvfrom("].iter().any(|call| line.contains(call));
        let request = self.lines.iter().position(|line| is_read(line) && line.contains(mark));
        let request = request.unwrap_or_else(|| panic!("no read of {mark:?} in:\n{}", self.lines.join("\n")));
        let after = &self.lines[request + 1..];
        let end = after.iter().position(|line| is_meant(line));
        let end = end.unwrap_or_else(|| panic!("nothing follows {mark:?} in:\n{}", after.join("\n")));
        after[..end].iter().map(String::as_str).collect()
    }
}

/// Joins calls that another thread interrupted in the trace. A write, or a connect, stands where it began, since it may have
/// left from then on; every other call where it ended.
fn whole_calls(text: &str) -> Vec<String> {
    let mut calls: Vec<String> = Vec::new();
    let mut unfinished: Vec<(String, usize)> = Vec::new();
    for line in text.lines() {
        let thread = line.split_whitespace().next().unwrap_or_default().to_owned();
        if let Some(begun) = line.strip_suffix(" <unfinished ...>") {
            unfinished.push((thread, calls.len()));
            calls.push(begun.to_owned());
        } else if let Some((_, rest)) = line.split_once(" resumed>") {
            let open = unfinished.iter().position(|(other, _)| *other == thread);
            let Some((_, index)) = open.map(|open| unfinished.remove(open)) else { continue };
            let whole = format!("{}{rest}", calls[index]);
            let is_write = ["write", "send", "connect"].iter().any(|call| calls[index].contains(call));
            if is_write {
                calls[index] = whole;
            } else {
                calls[index].clear();
                calls.push(whole);
            }
        } else {
            calls.push(line.to_owned());
        }
    }
    calls
}

#[test]
fn interrupted_calls_are_joined() {
    let text = "7 write(3<log>, \"a\", 1 <unfinished ...>\n\
                8 fdatasync(4</data/journal> <unfinished ...>\n\
                7 <... write resumed>) = 1\n\
                7 read(5, \"b\", 1) = 1\n\
                8 <... fdatasync resumed>) = 0";
    let joined = whole_calls(text);
    let joined: Vec<_> = joined.iter().filter(|call| !call.is_empty()).collect();
    let expected =
        ["7 write(3<log>, \"a\", 1) = 1", "7 read(5, \"b\", 1) = 1", "8 fdatasync(4</data/journal>) = 0"];
    assert_eq!(joined, expected);
}
