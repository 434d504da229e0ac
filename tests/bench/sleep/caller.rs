//! A client on one connection that waits for each answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use support::{Actor, Host};

/// The client.
pub struct Caller {
    stream: TcpStream,
    address: String,
    actor: Box<dyn Fn(&str) -> Actor>,
}

impl Caller {
    /// Connects to a host, to call actors of a name.
    pub fn connect(host: &Host, name: &str) -> Self {
        let address = host.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&address).unwrap();
        stream.set_nodelay(true).unwrap();
        let http = host.actor(name, "");
        Self { stream, address, actor: Box::new(move |key| http.clone().with_key(key)) }
    }

    /// Calls an action of an actor, without arguments; how long the answer took.
    pub fn call(&mut self, key: &str, action: &str) -> Duration {
        let path = (self.actor)(key).path(action);
        // Version 4 of the protocol, then the arguments: a CBOR array of none.
        self.post(&path, b"\x04\x00\x01\x80")
    }

    /// Sends an actor to sleep, and waits until it sleeps.
    pub fn sleep(&mut self, id: &str) {
        self.post(&format!("/actors/{id}/sleep"), b"");
    }

    fn post(&mut self, path: &str, body: &[u8]) -> Duration {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nx-rivet-encoding: bare\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let sent = Instant::now();
        self.stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the host closed the connection");
            answer.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            assert!(head.starts_with("HTTP/1.1 200"), "{text}");
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).expect("an answer with a length");
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            if body.len() >= length {
                return sent.elapsed();
            }
        }
    }
}

/// Prints the median and the slow end; gives the median in microseconds.
pub fn show(label: &str, mut times: Vec<Duration>) -> f64 {
    times.sort();
    let at = |part: f64| times[(times.len() as f64 * part) as usize].as_secs_f64() * 1e6;
    println!("{label:26} p50 {:>9.1} us  p99 {:>9.1} us", at(0.5), at(0.99));
    at(0.5)
}
