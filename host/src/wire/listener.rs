//! The listener: accepts connections, and lets requests in flight finish when it is told to stop.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rivet_ground::limits;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::wire::service::{Service, respond};
use crate::wire::stream::Stream;

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

/// Serves at most `connections_max` connections at a time until `shutdown` completes; those after them wait in the
/// listener's backlog. Then accepts no more, lets the requests in flight finish, and returns when they have or when
/// [`limits::SHUTDOWN_GRACE_MS`] are over.
pub async fn serve(
    listener: TcpListener,
    connections_max: usize,
    service: Arc<Service>,
    shutdown: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Also how long an idle connection is kept.
        .header_read_timeout(Duration::from_millis(limits::REQUEST_WAIT_MS))
        .max_header_size(limits::REQUEST_HEAD_BYTES);
    let permits = Arc::new(Semaphore::new(connections_max));
    let (stopping, stop) = watch::channel(());
    let accepting = async {
        loop {
            // The semaphore is never closed.
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let (stream, _) = accepted(|| listener.accept()).await;
            let seat = Seat { service: service.clone(), stop: stop.clone(), _permit: permit };
            tokio::spawn(connection(Stream::new(stream), http.clone(), Arc::new(seat)));
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

/// What `accept` gives, however often it fails before. The log has the first failure alone.
async fn accepted<T, F: Future<Output = io::Result<T>>>(mut accept: impl FnMut() -> F) -> T {
    let mut told = false;
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            Err(error) if !told => tracing::warn!("cannot accept connections: {error}; trying again"),
            Err(_) => {}
        }
        told = true;
        tokio::time::sleep(Duration::from_millis(limits::ACCEPT_RETRY_MS)).await;
    }
}

async fn connection(stream: Stream, http: http1::Builder, seat: Arc<Seat>) {
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
        // With the cause, which hyper leaves to whoever asks.
        tracing::debug!("a connection ended: {:#}", anyhow::Error::from(error));
    }
}

#[cfg(test)]
mod tests {
    use tracing::instrument::WithSubscriber;

    use super::*;

    #[tokio::test]
    async fn failures_are_told_once_until_one_is_accepted() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let writer = Arc::new(log.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(writer).finish();
        let accepting = async {
            for mut failures in [3, 0, 2] {
                accepted(|| {
                    let outcome =
                        if failures > 0 { Err(io::Error::other("too many open files")) } else { Ok(()) };
                    failures -= 1;
                    std::future::ready(outcome)
                })
                .await;
            }
        };
        accepting.with_subscriber(subscriber).await;
        let log = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(log.matches("too many open files").count(), 2, "{log}");
    }
}
