//! The load generator: keep-alive connections that each send one request after the other.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What to send.
pub struct Load<'a> {
    /// Connections that send at the same time.
    pub connections: usize,
    /// The requests; each connection goes through all of them, from a place of its own.
    pub requests: &'a [Vec<u8>],
    /// For how long; each request once, if none is given.
    pub run_for: Option<Duration>,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Answers a second.
    pub calls_per_s: f64,
    /// Answers altogether.
    pub calls: f64,
    /// The time from request to answer that half of the calls did not exceed, in microseconds.
    pub p50_us: f64,
    /// The time that 99 of 100 calls did not exceed, in microseconds.
    pub p99_us: f64,
}

/// The bytes of a request.
pub fn request(address: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nx-rivet-encoding: bare\r\n\
         content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Load<'_> {
    /// Sends, and waits for every answer.
    pub fn run(&self, address: &str) -> Figures {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let times = Rc::new(RefCell::new(Vec::new()));
        let started = Instant::now();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let mut tasks = Vec::new();
            for connection in 0..self.connections {
                let requests: Vec<Vec<u8>> = self.share(connection);
                let (address, times) = (address.to_owned(), Rc::clone(&times));
                let until = self.run_for.map(|run_for| started + run_for);
                tasks.push(tokio::task::spawn_local(async move {
                    let taken = drive(&address, &requests, until).await;
                    times.borrow_mut().extend(taken);
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
        });
        Figures::new(&mut times.borrow_mut(), started.elapsed())
    }

    /// The requests of one connection: with a time limit all of them, else its part of them.
    fn share(&self, connection: usize) -> Vec<Vec<u8>> {
        let count = self.requests.len();
        match self.run_for {
            Some(_) => {
                let first = connection * count / self.connections;
                (0..count).map(|index| self.requests[(first + index) % count].clone()).collect()
            }
            None => self.requests.iter().skip(connection).step_by(self.connections).cloned().collect(),
        }
    }
}

/// Sends the requests over and over until the time is up, or once; gives how long each call took.
async fn drive(address: &str, requests: &[Vec<u8>], until: Option<Instant>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(4096);
    let mut times = Vec::new();
    loop {
        for request in requests {
            let sent = Instant::now();
            if until.is_some_and(|until| sent >= until) {
                return times;
            }
            stream.write_all(request).await.unwrap();
            read_answer(&mut stream, &mut buffer).await;
            times.push(sent.elapsed());
        }
        if until.is_none() || requests.is_empty() {
            return times;
        }
    }
}

/// Reads one answer, which must be a success with a content length.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        let read = stream.read_buf(buffer).await.unwrap();
        assert!(read > 0, "the server closed: {}", String::from_utf8_lossy(buffer));
        if whole.is_none()
            && let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            let length = head.split("content-length: ").nth(1).expect("an answer with a length");
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            whole = Some(end + 4 + length);
        }
    }
}

impl Figures {
    fn new(times: &mut [Duration], elapsed: Duration) -> Self {
        times.sort_unstable();
        let at = |part: f64| {
            let index = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
            times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
        };
        Self {
            calls_per_s: times.len() as f64 / elapsed.as_secs_f64(),
            calls: times.len() as f64,
            p50_us: at(0.5),
            p99_us: at(0.99),
        }
    }
}
