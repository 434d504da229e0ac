//! A floor in a process of its own: this very program, told by its first argument to be one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running floor; it is killed when dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts the floor of this name, which prints its address first.
    pub fn start(floor: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut process = command.arg(floor).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
