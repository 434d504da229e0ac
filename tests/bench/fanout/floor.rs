//! The least that a server has to do: for every call, it writes the same bytes to every listener. (A task for each
//! listener in place of the loop was slower.)

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::Server;
use crate::socket;

/// How the floor writes.
#[derive(Clone, Copy)]
pub enum Floor {
    /// Each event by itself.
    Single,
    /// The events of calls that came together in one write.
    Together,
}

/// What a listener says first; it is answered with a frame.
pub const LISTENER: &[u8; 1] = b"l";
/// What the caller says first, after all listeners.
pub const CALLER: &[u8; 1] = b"c";
/// The answer to a call.
const ANSWER: &[u8] = b"\x82\x06\x04\x00\x02\x00\x01\xf6";

impl Floor {
    /// The floor that a command-line argument names.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Single, Self::Together].into_iter().find(|floor| floor.name() == name)
    }

    /// The name of the floor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "floor",
            Self::Together => "floor-together",
        }
    }

    /// Starts the floor in a process of its own.
    pub fn start(self) -> Server {
        Server::start(self.name())
    }

    /// Serves one crowd, in this process; prints the address first.
    pub fn serve(self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("{}", server.local_addr().unwrap());
            let mut listeners = Vec::new();
            loop {
                let (mut stream, _) = server.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut kind = [0];
                stream.read_exact(&mut kind).await.unwrap();
                if kind == *CALLER {
                    return self.copy(stream, listeners).await;
                }
                stream.write_all(ANSWER).await.unwrap();
                listeners.push(stream);
            }
        });
    }

    async fn copy(self, mut caller: TcpStream, mut listeners: Vec<TcpStream>) {
        let call_bytes = socket::call(0).len();
        let mut buffer = vec![0; 64 << 10];
        let mut pending_bytes = 0;
        loop {
            let read = caller.read(&mut buffer).await.unwrap();
            if read == 0 {
                return;
            }
            pending_bytes += read;
            let calls = pending_bytes / call_bytes;
            pending_bytes %= call_bytes;
            let (writes, events) = match self {
                Self::Single => (calls, socket::EVENT.to_vec()),
                Self::Together => (1, socket::EVENT.repeat(calls)),
            };
            for _ in 0..writes {
                for listener in &mut listeners {
                    listener.write_all(&events).await.unwrap();
                }
            }
            caller.write_all(&ANSWER.repeat(calls)).await.unwrap();
        }
    }
}
