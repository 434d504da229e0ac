//! Makes the requests of actors.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorError, Budget, FetchRequest, Fetcher, Fetching, Outcome, limits};
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use crate::egress::answer;
use crate::egress::connect::connect;
use crate::egress::exchange::{Answer, exchange};
use crate::egress::failure;
use crate::egress::pattern::Pattern;
use crate::egress::policy::Policy;
use crate::egress::redirect;
use crate::egress::resolve::Resolver;
use crate::egress::roots;

/// What actors may reach.
#[derive(Clone, Debug, Default)]
pub struct EgressConfig {
    /// The hosts; nothing else is allowed.
    pub allowed: Vec<Pattern>,
    /// Files with certificates, in PEM form, of authorities that are trusted beside those of browsers.
    pub tls_ca: Vec<PathBuf>,
}

/// Makes HTTP requests for actors, each over a connection of its own.
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    policy: Policy,
    resolver: Resolver,
    tls: TlsConnector,
    /// One permit a request.
    turns: Arc<Semaphore>,
    bodies: Arc<Budget>,
}

impl Client {
    /// A client that makes at most so many requests at a time.
    ///
    /// # Errors
    /// The file with certificates that cannot be used, and why.
    pub fn new(config: EgressConfig, requests_max: usize) -> anyhow::Result<Self> {
        let shared = Shared {
            policy: Policy::new(config.allowed),
            resolver: Resolver::new(),
            tls: roots::connector(&config.tls_ca)?,
            turns: Arc::new(Semaphore::new(requests_max)),
            bodies: Budget::new(limits::FETCH_BODIES_BYTES, "the bodies of all requests to the outside"),
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Fetcher for Client {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        let shared = self.shared.clone();
        Box::pin(async move {
            let timeout_ms = request.timeout_ms;
            let fetched =
                tokio::time::timeout(Duration::from_millis(timeout_ms), shared.fetch(request)).await;
            fetched.unwrap_or_else(|_| {
                Err(failure("timed_out", format!("the request was not answered within {timeout_ms} ms")))
            })
        })
    }
}

impl Shared {
    async fn fetch(&self, mut request: FetchRequest) -> Outcome {
        let mut turn = None;
        let mut bodies = self.bodies.share();
        for redirects in 0..=request.redirects_max {
            let host = request.url.host().ok_or_else(|| failure("invalid_url", "the URL has no host"))?;
            let port = request.url.port_or_known_default().unwrap_or_default();
            self.policy.check_host(&host, port)?;
            if turn.is_none() {
                turn = Some(self.turns.clone().try_acquire_owned().map_err(|_| overloaded())?);
                bodies.take(request.body.len())?;
            }
            let found = self.resolver.resolve(&host, port).await?;
            let addresses = self.policy.check_addresses(&host, found)?;
            let tls = (request.url.scheme() == "https").then_some(&self.tls);
            let stream = connect(&host, &addresses, tls).await?;
            // The last one that may be followed is told from an answer only if it may be one.
            let follows = request.redirects_max > 0;
            match exchange(stream, &request, follows, &mut bodies).await? {
                Answer::Whole(response) => return Ok(bodies.keep(answer::encode(&request.url, &response)?)),
                Answer::Redirect(..) if redirects == request.redirects_max => {}
                Answer::Redirect(status, target) => redirect::follow(&mut request, status, target),
            }
        }
        let message =
            format!("{} redirects were followed, and {} redirects again", request.redirects_max, request.url);
        Err(failure("too_many_redirects", message))
    }
}

fn overloaded() -> ActorError {
    ActorError::actor(
        "overloaded",
        "too many requests to the outside are under way in this host; try again later",
    )
}
