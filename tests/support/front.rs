//! A front before the host, as a load balancer would be: it keeps listening while the host is away, and holds who comes
//! meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// A front; it stops to let anybody in when it is dropped.
pub struct Front {
    url: String,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    /// Where the host listens, while it is there.
    host: Mutex<Place>,
    changed: Condvar,
}

#[derive(Default)]
enum Place {
    #[default]
    Away,
    At(String),
    Closed,
}

impl Front {
    /// A front before the host at this URL.
    pub fn of(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Self { url: format!("http://{}", listener.local_addr().unwrap()), gate: Arc::default() };
        front.lead_to(url);
        let gate = Arc::clone(&front.gate);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let gate = Arc::clone(&gate);
                std::thread::spawn(move || gate.pass(client));
            }
        });
        front
    }

    /// Where clients connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Holds who comes from now on.
    pub fn hold(&self) {
        self.gate.set(Place::Away);
    }

    /// Lets everybody through to the host at this URL.
    pub fn lead_to(&self, url: &str) {
        self.gate.set(Place::At(url.trim_start_matches("http://").trim_end_matches('/').to_owned()));
    }
}

impl Gate {
    fn set(&self, place: Place) {
        *self.host.lock().unwrap() = place;
        self.changed.notify_all();
    }

    /// Waits until the host is there, and carries bytes both ways.
    fn pass(&self, client: TcpStream) {
        let host = self.host.lock().unwrap();
        let host = self.changed.wait_while(host, |place| matches!(place, Place::Away)).unwrap();
        let Place::At(address) = &*host else { return };
        let address = address.clone();
        drop(host);
        let Ok(host) = TcpStream::connect(address) else { return };
        let (back, forth) = (host.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || carry(back, client));
        carry(forth, host);
    }
}

/// Carries bytes until one side ends.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

impl Drop for Front {
    fn drop(&mut self) {
        self.gate.set(Place::Closed);
    }
}
