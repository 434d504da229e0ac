//! The host as a process, in a data directory of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::deployed::{self, Template};
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
    port: u16,
    env: Vec<(String, String)>,
    open_files: Option<[u32; 2]>,
    /// A program that runs the host, and its arguments before those.
    runner: Vec<OsString>,
}

/// A running host; it is killed when dropped.
pub struct Host {
    options: HostOptions,
    /// Holds the data directory and the ready file; it goes away with the host, unless it was taken.
    directory: Option<TempDir>,
    process: Child,
    output: Output,
    url: String,
    /// What the data directory was copied from.
    _template: Option<Template>,
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

    /// A port that is free now and stays the same over restarts. Without, each start takes a port of its own.
    pub fn keep_port(mut self) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        self.port = free.local_addr().unwrap().port();
        self
    }

    /// Sets a variable of the host's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How many files the host may open: the limit that it starts with, and the one that it may raise it to.
    pub fn open_files(mut self, soft: u32, hard: u32) -> Self {
        self.open_files = Some([soft, hard]);
        self
    }

    /// The command that runs the host on a data directory; `--ready-file` is not in it.
    fn command(&self, data: &Path) -> Command {
        let mut command = match (self.open_files, self.runner.as_slice()) {
            (None, []) => Command::new(host_binary()),
            (None, [program, args @ ..]) => {
                let mut runner = Command::new(program);
                runner.args(args).arg(host_binary());
                runner
            }
            (Some(limits), _) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", r#"ulimit -Sn "$0" && ulimit -Hn "$1" && shift && exec "$@""#]);
                shell.args(limits.map(|limit| limit.to_string())).arg(host_binary());
                shell
            }
        };
        command.arg("run").args(&self.components);
        command.args(["--host", self.host.as_deref().unwrap_or("127.0.0.1")]);
        command.arg("--port").arg(self.port.to_string());
        command.arg("--data").arg(data).args(&self.args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// Starts the host and waits until it answers.
    pub fn start(self) -> Host {
        self.start_in(tempfile::tempdir().unwrap(), None)
    }

    /// Starts the host in a data directory in which its components are deployed already, which is quicker.
    pub fn start_deployed(self) -> Host {
        let components = || Self::new(self.components.clone());
        let template = deployed::template(&self.components, || components().start().into_directory());
        let directory = tempfile::tempdir().unwrap();
        deployed::copy(&template.path().join("data"), &directory.path().join("data"));
        self.start_in(directory, Some(template))
    }

    fn start_in(self, directory: TempDir, template: Option<Template>) -> Host {
        let (process, output, url) = launch(&self, directory.path()).unwrap_or_else(|ended| ended.fail());
        Host { options: self, directory: Some(directory), process, output, url, _template: template }
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

    /// Attaches `strace`, with these arguments, to all threads, and waits until it is.
    pub fn attach_strace<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Child {
        let mut strace = Command::new("strace");
        strace.arg("-f").args(args).args(["-p", &self.pid().to_string()]).stderr(Stdio::piped());
        let mut tracer = strace.spawn().expect("strace is installed (tests/all.sh installs it)");
        let messages = Output::default();
        messages.follow(tracer.stderr.take().unwrap());
        messages.wait_for(&["attached"]);
        tracer
    }

    /// The memory that the process takes up.
    pub fn resident_bytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it in kB");
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
        kib * 1024.0
    }

    /// A number of the host's metrics, by its name with its labels.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.http().get("/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in:\n{text}")).parse().unwrap()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory().join("data")
    }

    fn directory(&self) -> &Path {
        self.directory.as_ref().expect("it is taken at the end only").path()
    }

    /// Stops the host, and gives what it leaves.
    fn into_directory(mut self) -> TempDir {
        self.terminate();
        assert!(self.wait().success(), "the host stopped with an error");
        self.directory.take().expect("it is taken once")
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

    /// Starts the host again on the same data with further arguments, and waits until it answers.
    pub fn restart_with(&mut self, args: impl IntoIterator<Item = impl Into<OsString>>) {
        self.options.args.extend(args.into_iter().map(Into::into));
        self.restart();
    }

    /// Starts the host again on the same data, as the child that a program with these arguments becomes, and waits until it
    /// answers, or has ended.
    pub fn restart_under(&mut self, runner: impl IntoIterator<Item = impl Into<OsString>>) {
        self.wait();
        self.options.runner = runner.into_iter().map(Into::into).collect();
        match launch(&self.options, self.directory()) {
            Ok((process, output, url)) => (self.process, self.output, self.url) = (process, output, url),
            // What there is of it has ended before.
            Err(Ended { status, .. }) => assert!(!status.success(), "it ended by itself"),
        }
        self.options.runner.clear();
    }

    /// Whether the host has not ended.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Starts the host again on the same data, and waits until it answers.
    pub fn restart(&mut self) {
        self.wait();
        let launched = launch(&self.options, self.directory());
        (self.process, self.output, self.url) = launched.unwrap_or_else(|ended| ended.fail());
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

/// A host that ended before it answered.
struct Ended {
    status: ExitStatus,
    output: Output,
}

impl Ended {
    fn fail(self) -> ! {
        panic!("the host ended with {}:\n{}", self.status, self.output.to_end());
    }
}

fn launch(options: &HostOptions, directory: &Path) -> Result<(Child, Output, String), Ended> {
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
            Ok(url) if !url.trim().is_empty() => return Ok((process, output, url.trim().to_owned())),
            _ => {}
        }
        if let Some(status) = process.try_wait().unwrap() {
            return Err(Ended { status, output });
        }
        if Instant::now() > until {
            let _ = process.kill();
            panic!("the host does not get ready:\n{}", output.text());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
