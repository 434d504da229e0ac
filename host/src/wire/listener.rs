//! The listener: accepts connections, and lets requests in flight finish when it is told to stop.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rivet_ground::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::wire::service::{Service, respond};

/// What a connection holds for as long as it is open, also after it has become a WebSocket.
pub(crate) struct Seat {
    /// What is served.
    pub(crate) service: Arc<Service>,
    /// The listener waits until all of these are gone.
    stop: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    /// Changes when the listener stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<()> {
        self.stop.clone()
    }
}

/// Serves until `shutdown` completes; then accepts no more, lets the requests in flight finish, and returns when they
/// have or when [`limits::SHUTDOWN_GRACE_MS`] are over.
pub async fn serve(listener: TcpListener, service: Arc<Service>, shutdown: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Also how long an idle connection is kept.
        .header_read_timeout(Duration::from_millis(limits::REQUEST_WAIT_MS))
        .max_header_size(limits::REQUEST_HEAD_BYTES);
    let permits = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let (stopping, stop) = watch::channel(());
    let accepting = async {
        loop {
            // The semaphore is never closed.
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let seat = Seat { service: service.clone(), stop: stop.clone(), _permit: permit };
                    tokio::spawn(connection(stream, http.clone(), Arc::new(seat)));
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(limits::ACCEPT_RETRY_MS)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = shutdown => {}
    }
    drop(listener);
    drop(stop);
    stopping.send_replace(());
    // Every connection holds a receiver until it is closed.
    let grace = Duration::from_millis(limits::SHUTDOWN_GRACE_MS);
    if tokio::time::timeout(grace, stopping.closed()).await.is_err() {
        tracing::warn!("{} connections were still busy at shutdown", stopping.receiver_count());
    }
}

async fn connection(stream: TcpStream, http: http1::Builder, seat: Arc<Seat>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let mut stop = seat.stopping();
    let service = service_fn(move |request| {
        let seat = seat.clone();
        async move { Ok::<_, Infallible>(respond(&seat, request).await) }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}
