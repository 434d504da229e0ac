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
use tokio::sync::{Semaphore, watch};

use crate::wire::service::{Service, respond};

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
            let permit = permits.clone().acquire_owned().await;
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection = connection(stream, http.clone(), service.clone(), stop.clone());
                    tokio::spawn(async move {
                        connection.await;
                        drop(permit);
                    });
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

async fn connection(
    stream: TcpStream,
    http: http1::Builder,
    service: Arc<Service>,
    mut stop: watch::Receiver<()>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let service = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(respond(&service, request).await) }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
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
