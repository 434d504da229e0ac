//! A connection to a host.

use std::net::SocketAddr;
use std::time::Duration;

use rivet_ground::{ActorError, limits};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::egress::failure;

/// Bytes both ways, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to one of these addresses, with TLS if there is a connector for it.
pub(super) async fn connect(
    host: &Host<&str>,
    addresses: &[SocketAddr],
    tls: Option<&TlsConnector>,
) -> Result<Box<dyn Stream>, ActorError> {
    let stream = connect_tcp(host, addresses).await?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = match host {
        Host::Domain(name) => ServerName::try_from((*name).to_owned())
            .map_err(|_| failure("invalid_url", format!("{name} is no name that a certificate may have")))?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
    };
    let encrypted = tls.connect(name, stream).await;
    let encrypted = encrypted.map_err(|error| failure("failed", format!("no TLS with {host}: {error}")))?;
    Ok(Box::new(encrypted))
}

/// The first that answers. One that does not is left for the next after a while.
async fn connect_tcp(host: &Host<&str>, addresses: &[SocketAddr]) -> Result<TcpStream, ActorError> {
    let port = addresses.first().map(SocketAddr::port).unwrap_or_default();
    let mut why = String::new();
    let mut left = addresses.iter().take(limits::CONNECT_ADDRESSES).peekable();
    while let Some(address) = left.next() {
        let connecting = TcpStream::connect(address);
        let connected = match left.peek() {
            Some(_) => {
                let patience = Duration::from_millis(limits::CONNECT_TRY_MS);
                tokio::time::timeout(patience, connecting).await.unwrap_or_else(|late| Err(late.into()))
            }
            None => connecting.await,
        };
        match connected {
            Ok(stream) => {
                // A request is written at once, and nothing is to be gained by waiting for more.
                let _slower = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => {
                // Where a name leads is the operator's to know.
                tracing::debug!(%host, %address, "cannot connect: {error}");
                why = error.to_string();
            }
        }
    }
    Err(failure("failed", format!("cannot connect to {host}:{port}: {why}")))
}
