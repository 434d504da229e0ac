//! Asks what is outside, and tells what came of it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use rivet_guest::{Ctx, Fetch, Fetched, Result, Value, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Fetcher {
    /// How many requests were asked for.
    asked: u64,
    /// What became of those that nobody waited for.
    #[serde(skip)]
    ends: Rc<RefCell<Vec<String>>>,
    /// A request that is under way.
    #[serde(skip)]
    kept: Cell<Option<Fetching>>,
}

type Fetching = Pin<Box<dyn Future<Output = Result<Fetched>>>>;

/// A request, as the tests write it.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Asked {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    timeout_ms: Option<u64>,
    max_body_bytes: Option<u64>,
    redirects: Option<u32>,
}

/// What came of it, as the tests read it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Came {
    status: u16,
    url: String,
    headers: Vec<(String, String)>,
    /// With replacements for what is no UTF-8.
    body: String,
    body_bytes: usize,
    error: Option<String>,
    message: String,
}

#[actor]
impl Fetcher {
    /// Makes a request and waits.
    pub async fn ask(&self, ctx: &Ctx, asked: Asked) -> Came {
        came(ctx.fetch(asked.into()).await)
    }

    /// Makes a request and hands on what comes, an error, too.
    pub async fn hand_on(&self, ctx: &Ctx, url: String) -> Result<Value> {
        Ok(Value::Bytes(ctx.fetch(Fetch::get(url)).await?.into_bytes()))
    }

    /// Writes, and makes a request in the same turn.
    pub async fn count_and_ask(&mut self, ctx: &Ctx, url: String) -> Result<u16> {
        self.asked += 1;
        let fetched = ctx.fetch(Fetch::get(url));
        Ok(fetched.await?.status())
    }

    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// Makes a request in a turn that traps.
    pub async fn ask_and_trap(&mut self, ctx: &Ctx, url: String) -> u16 {
        self.asked += 1;
        let mut fetching = Box::pin(ctx.fetch(Fetch::get(url)));
        begin(&mut fetching).await;
        panic!("after the request")
    }

    /// Makes requests in one turn, and tells how each ended.
    pub async fn ask_often(&self, ctx: &Ctx, url: String, count: usize) -> Vec<String> {
        let mut all: Vec<_> = (0..count).map(|_| Box::pin(ctx.fetch(Fetch::get(&url)))).collect();
        let mut ends = vec![None; count];
        poll_fn(|context| {
            for (fetching, end) in all.iter_mut().zip(&mut ends) {
                if end.is_none()
                    && let Poll::Ready(fetched) = fetching.as_mut().poll(context)
                {
                    *end = Some(came(fetched).end());
                }
            }
            if ends.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        ends.into_iter().flatten().collect()
    }

    /// Begins a request, and gives it up after a while: in the same turn, if that is none.
    pub async fn ask_and_drop(&self, ctx: &Ctx, url: String, after_ms: u64) -> Result<()> {
        let mut fetching = Box::pin(ctx.fetch(Fetch::get(url)));
        begin(&mut fetching).await;
        if after_ms > 0 {
            ctx.sleep(Duration::from_millis(after_ms)).await?;
        }
        drop(fetching);
        Ok(())
    }

    /// Begins a request, and keeps it.
    pub async fn ask_and_keep(&self, ctx: &Ctx, url: String) {
        let mut fetching: Fetching = Box::pin(ctx.fetch(Fetch::get(url)));
        begin(&mut fetching).await;
        self.kept.set(Some(fetching));
    }

    /// Makes a request that nobody waits for.
    pub fn ask_aside(&self, ctx: &Ctx, url: String) {
        let (ends, fetching) = (self.ends.clone(), ctx.fetch(Fetch::get(url)));
        ctx.spawn(async move {
            let end = came(fetching.await).end();
            ends.borrow_mut().push(end);
        });
    }

    /// What became of those.
    pub fn ends(&self) -> Vec<String> {
        self.ends.borrow().clone()
    }
}

/// Polls a future once.
async fn begin<F: Future + ?Sized>(future: &mut Pin<Box<F>>) {
    poll_fn(|context| {
        let _pending = future.as_mut().poll(context).is_pending();
        Poll::Ready(())
    })
    .await;
}

fn came(fetched: Result<Fetched>) -> Came {
    match fetched {
        Ok(fetched) => Came {
            status: fetched.status(),
            url: fetched.url().to_owned(),
            headers: fetched.headers().map(|(name, value)| (name.to_owned(), text(value))).collect(),
            body: text(fetched.bytes()).chars().take(65_536).collect(),
            body_bytes: fetched.bytes().len(),
            ..Came::default()
        },
        Err(error) => Came {
            error: Some(format!("{}.{}", error.group(), error.code())),
            message: error.message().to_owned(),
            ..Came::default()
        },
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Came {
    /// In a word.
    fn end(self) -> String {
        self.error.unwrap_or_else(|| self.status.to_string())
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            url: String::new(),
            headers: vec![],
            body: String::new(),
            timeout_ms: None,
            max_body_bytes: None,
            redirects: None,
        }
    }
}

impl From<Asked> for Fetch {
    fn from(asked: Asked) -> Self {
        let mut fetch = Self::new(asked.method, asked.url).body(asked.body);
        for (name, value) in asked.headers {
            fetch = fetch.header(name, value);
        }
        if let Some(timeout_ms) = asked.timeout_ms {
            fetch = fetch.timeout(Duration::from_millis(timeout_ms));
        }
        if let Some(max_body_bytes) = asked.max_body_bytes {
            fetch = fetch.max_body_bytes(max_body_bytes);
        }
        if let Some(redirects) = asked.redirects {
            fetch = fetch.redirects(redirects);
        }
        fetch
    }
}

export!(Fetcher);
