//! What a process prints, line by line, to wait for and to look at.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a line is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines that a process has printed so far.
#[derive(Clone, Default)]
pub struct Output(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Default)]
struct Lines {
    all: Vec<String>,
    /// Streams that are still open; a wait for a line ends when there is none.
    open: usize,
}

impl Shared {
    /// What was printed can be read whoever panicked over it.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output {
    /// Reads a stream of the process to its end, on a thread of its own.
    pub fn follow(&self, stream: impl Read + Send + 'static) {
        self.0.lock().open += 1;
        let shared = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                shared.lock().all.push(String::from_utf8_lossy(&line).into_owned());
                shared.changed.notify_all();
            }
            shared.lock().open -= 1;
            shared.changed.notify_all();
        });
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().all.clone()
    }

    /// All lines so far as one text.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Waits until every stream has ended and gives all that was printed.
    pub fn to_end(&self) -> String {
        let guard = self.0.lock();
        let (guard, _) = self.0.changed.wait_timeout_while(guard, PATIENCE, |lines| lines.open > 0).unwrap();
        guard.all.join("\n")
    }

    /// Waits for a line that contains all of these texts.
    pub fn wait_for(&self, texts: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        let mut guard = self.0.lock();
        loop {
            let found = guard.all.iter().find(|line| texts.iter().all(|text| line.contains(text)));
            if let Some(line) = found {
                return line.clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                guard.open > 0 && !left.is_zero(),
                "no line has {texts:?} among:\n{}",
                guard.all.join("\n")
            );
            guard = self.0.changed.wait_timeout(guard, left).unwrap().0;
        }
    }
}
