//! What is outside: a small server, over TLS or not, that notes what it is asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::{LOOK_EVERY, PATIENCE};

/// A server on a port of its own.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    notes: Arc<Mutex<Notes>>,
}

/// A request as the server read it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Default)]
struct Notes {
    connections: usize,
    asked: Vec<Asked>,
    /// Clients that left before the server was done.
    left: usize,
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl Server {
    pub fn start() -> Self {
        Self::listen("127.0.0.1:0", None)
    }

    /// A server that answers with this certificate.
    pub fn start_tls(config: ServerConfig) -> Self {
        Self::listen("127.0.0.1:0", Some(Arc::new(config)))
    }

    pub fn listen(address: &str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Self { address: listener.local_addr().unwrap(), scheme, notes: Arc::default() };
        let notes = server.notes.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, notes, tls) = (stream.unwrap(), notes.clone(), tls.clone());
                notes.lock().unwrap().connections += 1;
                std::thread::spawn(move || match tls {
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).unwrap();
                        serve(&mut StreamOwned::new(connection, stream), &notes);
                    }
                    None => serve(&mut { stream }, &notes),
                });
            }
        });
        server
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `127.0.0.1:PORT`, which is what a pattern may say, too.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The same under the name `localhost`.
    pub fn local_url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.port())
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.notes.lock().unwrap().asked.clone()
    }

    pub fn connections(&self) -> usize {
        self.notes.lock().unwrap().connections
    }

    /// Waits until so many were asked.
    pub fn wait_for_asked(&self, count: usize) {
        self.wait_for("requests", count, |notes| notes.asked.len());
    }

    /// Waits until so many clients left before the server was done.
    pub fn wait_for_left(&self, count: usize) {
        self.wait_for("that left", count, |notes| notes.left);
    }

    fn wait_for(&self, what: &str, count: usize, have: impl Fn(&Notes) -> usize) {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = have(&self.notes.lock().unwrap());
            assert!(found <= count, "{found} {what}, more than {count}");
            if found == count {
                return;
            }
            assert!(Instant::now() < until, "{found} {what}, not {count}");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Asked {
    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }

    fn json(&self) -> Value {
        json!({"method": self.method, "target": self.target, "headers": self.headers, "body": self.body})
    }
}

/// Reads a request, notes it, and answers; then the connection ends.
fn serve(stream: &mut dyn Stream, notes: &Mutex<Notes>) {
    let Some(asked) = read(stream) else { return };
    notes.lock().unwrap().asked.push(asked.clone());
    if answer(stream, &asked).is_err() {
        notes.lock().unwrap().left += 1;
    }
    let _gone = stream.flush();
}

fn read(stream: &mut dyn Stream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let len = reader.read_line(&mut line).ok()?;
        (len > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut asked = Asked { method, target, headers, body: String::new() };
    let len_bytes = asked.header("content-length").first().map_or(0, |value| value.parse().unwrap());
    let mut body = vec![0; len_bytes];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).unwrap();
    Some(asked)
}

/// Fails when the client has left.
fn answer(stream: &mut dyn Stream, asked: &Asked) -> std::io::Result<()> {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let mut parts = path.trim_start_matches('/').split('/');
    let (route, number) =
        (parts.next().unwrap(), parts.next().and_then(|number| number.parse::<usize>().ok()));
    match route {
        "echo" => {
            whole(stream, 200, "content-type: application/json\r\n", asked.json().to_string().as_bytes())
        }
        "status" => whole(stream, number.unwrap(), "", b"as you like"),
        "redirect" => {
            // Its body is of no interest to anybody.
            let to = query.strip_prefix("to=").unwrap();
            whole(stream, number.unwrap(), &format!("location: {to}\r\n"), &[b'x'; 1000])
        }
        // One hop after the other, on the same server.
        "hops" => match number.unwrap() {
            0 => whole(stream, 200, "", b"arrived"),
            left => whole(stream, 302, &format!("location: /hops/{}\r\n", left - 1), b""),
        },
        "headers" => whole(stream, 200, "Set-Cookie: a=1\r\nset-cookie: b=2\r\nx-raw: \u{ff}\r\n", b""),
        "raw" => whole(stream, 200, "content-encoding: gzip\r\n", &[0x1f, 0x8b, 0, 0xff]),
        "bytes" => whole(stream, 200, "", &vec![b'x'; number.unwrap()]),
        "chunked" => chunked(stream, number.unwrap()),
        "short" => {
            let said = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort");
            said.and_then(|()| stream.flush())
        }
        "garbage" => stream.write_all(b"this is not HTTP at all\r\n\r\n"),
        "drip" => drip(stream, "\r\n"),
        "drip-head" => drip(stream, "x-slow: "),
        "head" => whole(stream, 200, &"x-many: a\r\n".repeat(number.unwrap()), b""),
        "long-head" => whole(stream, 200, &format!("x-long: {}\r\n", "a".repeat(number.unwrap())), b""),
        // Never the answer itself, only that it is to come.
        "early" => (0..100_000).try_for_each(|_| {
            std::thread::sleep(Duration::from_millis(1));
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").and_then(|()| stream.flush())
        }),
        // Until the client leaves.
        "hang" => match stream.read(&mut [0]) {
            Ok(0) | Err(_) => Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => panic!("more was said than the request"),
        },
        other => panic!("there is no {other}"),
    }
}

fn whole(stream: &mut dyn Stream, status: usize, headers: &str, body: &[u8]) -> std::io::Result<()> {
    // Latin-1, as headers are.
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n", body.len());
    let head: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap()).collect();
    stream.write_all(&head)?;
    stream.write_all(body)?;
    stream.flush()
}

fn chunked(stream: &mut dyn Stream, len_bytes: usize) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
    for start in (0..len_bytes).step_by(4096) {
        let piece = vec![b'x'; (len_bytes - start).min(4096)];
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
        stream.write_all(&piece)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    stream.flush()
}

/// A byte now and then, as long as somebody listens.
fn drip(stream: &mut dyn Stream, head_ends: &str) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n{head_ends}").as_bytes())?;
    for _ in 0..100_000 {
        stream.write_all(b"x")?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
