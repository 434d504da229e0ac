//! The host as a process, in a data directory of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Actor, Http, Output, host_binary};

/// How long a host may take to start or to stop before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the ready file is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How to start a host.
#[derive(Clone, Default)]
pub struct HostOptions {
    components: Vec<PathBuf>,
    args: Vec<OsString>,
    host: Option<String>,
}

/// A running host; it is killed when dropped.
pub struct Host {
    options: HostOptions,
    /// Holds the data directory and the ready file; it goes away with the host.
    directory: TempDir,
    process: Child,
    output: Output,
    url: String,
}

impl HostOptions {
    /// A host that serves these components, or package directories.
    pub fn new(components: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { components: components.into_iter().collect(), ..Self::default() }
    }

    /// Further arguments of `rivet-host run`.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The address to listen on, in place of 127.0.0.1.
    pub fn host(mut self, address: &str) -> Self {
        self.host = Some(address.to_owned());
        self
    }

    /// The command that runs the host on a data directory; `--ready-file` is not in it.
    fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(host_binary());
        command.arg("run").args(&self.components);
        command.args(["--host", self.host.as_deref().unwrap_or("127.0.0.1"), "--port", "0"]);
        command.arg("--data").arg(data).args(&self.args);
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// Starts the host and waits until it answers.
    pub fn start(self) -> Host {
        let directory = tempfile::tempdir().unwrap();
        let (process, output, url) = launch(&self, directory.path());
        Host { options: self, directory, process, output, url }
    }
}

impl Host {
    /// Starts a host that serves these components and waits until it answers.
    pub fn start(components: impl IntoIterator<Item = PathBuf>) -> Self {
        HostOptions::new(components).start()
    }

    /// The URL of the host.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// What the host printed since it was last started.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// An HTTP client of the host.
    pub fn http(&self) -> Http {
        Http::new(&self.url)
    }

    /// An actor of the host.
    pub fn actor(&self, name: &str, key: &str) -> Actor {
        Actor::new(self.http(), name, key)
    }

    /// Ends the host at once, as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks the host to end.
    pub fn terminate(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits until the host has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "the host does not end:\n{}", self.output.text());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Starts the host again on the same data, and waits until it answers.
    pub fn restart(&mut self) {
        self.wait();
        (self.process, self.output, self.url) = launch(&self.options, self.directory.path());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("--- the host printed:\n{}\n---", self.output.text());
        }
    }
}

fn launch(options: &HostOptions, directory: &Path) -> (Child, Output, String) {
    let ready = directory.join("ready");
    let _ = std::fs::remove_file(&ready);
    let mut command = options.command(&directory.join("data"));
    command.arg("--ready-file").arg(&ready).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap_or_else(|e| panic!("{command:?} did not start: {e}"));
    let output = Output::default();
    output.follow(process.stdout.take().unwrap());
    output.follow(process.stderr.take().unwrap());
    let until = Instant::now() + PATIENCE;
    loop {
        match std::fs::read_to_string(&ready) {
            Ok(url) if !url.trim().is_empty() => return (process, output, url.trim().to_owned()),
            _ => {}
        }
        if let Some(status) = process.try_wait().unwrap() {
            panic!("the host ended with {status}:\n{}", output.to_end());
        }
        if Instant::now() > until {
            let _ = process.kill();
            panic!("the host does not get ready:\n{}", output.text());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
