//! Floor servers: the least that any server of the kind has to do.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::server::Server;

/// A kind of floor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// A bare hyper handler that reads a body and answers the same bytes.
    Echo,
    /// The same, but the body is appended to a log and synced before the answer leaves; requests that
    /// wait share a sync.
    Log,
}

/// A record to append, and where to say that it is durable.
type Append = (Bytes, oneshot::Sender<()>);

const QUEUE: usize = 4096;
const GROUP: usize = 512;

impl Floor {
    /// The floor that a command-line argument names.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Echo, Self::Log].into_iter().find(|floor| floor.name() == name)
    }

    /// The name of the floor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "floor-echo",
            Self::Log => "floor-log",
        }
    }

    /// Starts a server in a process of its own.
    pub fn start(self) -> Server {
        Server::start(self.name())
    }

    /// Serves for ever, in this process; prints the address first.
    pub fn serve(self) {
        let log = (self == Self::Log).then(start_log);
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("{}", listener.local_addr().unwrap());
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let log = log.clone();
                let service = service_fn(move |request| answer(request, log.clone()));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    log: Option<mpsc::Sender<Append>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    if let Some(log) = log {
        let (durable, wait) = oneshot::channel();
        log.send((body.clone(), durable)).await.unwrap();
        wait.await.unwrap();
    }
    Ok(Response::new(Full::new(body)))
}

/// Starts the thread that appends, in a temporary directory that goes away with the process.
fn start_log() -> mpsc::Sender<Append> {
    let (sender, mut receiver) = mpsc::channel::<Append>(QUEUE);
    std::thread::spawn(move || {
        let mut file: File = tempfile::tempfile().unwrap();
        let mut waiting = Vec::new();
        let mut bytes = Vec::new();
        while let Some(first) = receiver.blocking_recv() {
            waiting.push(first);
            while waiting.len() < GROUP
                && let Ok(next) = receiver.try_recv()
            {
                waiting.push(next);
            }
            for (record, _) in &waiting {
                bytes.extend((record.len() as u32).to_le_bytes());
                bytes.extend(record);
            }
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            bytes.clear();
            for (_, durable) in waiting.drain(..) {
                let _ = durable.send(());
            }
        }
    });
    sender
}
