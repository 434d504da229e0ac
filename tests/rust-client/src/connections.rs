//! Live connections, each called by its number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use rivetkit_client::connection::ActorConnection;
use rivetkit_client::handle::ActorHandle;
use rivetkit_client::{ConnectionStatus, Event, SubscriptionHandle};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{args, number, text};

/// The connections of this process.
#[derive(Default)]
pub struct Connections(Vec<Link>);

struct Link {
    connection: ActorConnection,
    /// A connection is given up when its last handle is gone.
    _handle: ActorHandle,
    seen: Seen,
    calls: Vec<Option<JoinHandle<Result<Value>>>>,
    subscriptions: Vec<SubscriptionHandle>,
}

/// What the client has told about a connection so far, and that there is more of it.
#[derive(Clone)]
struct Seen {
    history: Arc<Mutex<History>>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct History {
    statuses: Vec<ConnectionStatus>,
    errors: Vec<String>,
    events: HashMap<String, Vec<Vec<Value>>>,
}

impl Connections {
    /// Begins to connect, and gives the connection's number.
    pub async fn connect(&mut self, handle: ActorHandle) -> Result<Value> {
        let seen = Seen { history: Arc::default(), changes: watch::Sender::new(0) };
        let connection = handle.connect();
        let told = seen.clone();
        connection.on_status_change(move |status| told.add(|history| history.statuses.push(status))).await;
        let told = seen.clone();
        connection.on_error(move |error| told.add(|history| history.errors.push(error.to_owned()))).await;
        // The client may have connected before it was listened to.
        let status = connection.conn_status();
        seen.add(|history| {
            if !history.statuses.contains(&status) {
                history.statuses.push(status);
            }
        });
        let (calls, subscriptions) = (Vec::new(), Vec::new());
        self.0.push(Link { connection, _handle: handle, seen, calls, subscriptions });
        Ok(json!(self.0.len() - 1))
    }

    /// Performs any other operation on a connection.
    pub async fn perform(&mut self, request: &Value) -> Result<Value> {
        let link = self.0.get_mut(number(request, "conn")?).context("no such connection")?;
        match text(request, "op")? {
            "open" => link.open().await,
            "callOver" => link.connection.action(text(request, "action")?, args(request)?).await,
            "start" => link.start(text(request, "action")?.to_owned(), args(request)?),
            "finish" => {
                let call = link.calls.get_mut(number(request, "call")?).and_then(Option::take);
                call.context("no such call, or finished before")?.await?
            }
            "on" => link.on(text(request, "event")?).await,
            "once" => link.once(text(request, "event")?).await,
            "off" => {
                let subscription = link.subscriptions.get(number(request, "subscription")?);
                subscription.context("no such subscription")?.unsubscribe().await;
                Ok(Value::Null)
            }
            "events" => link.events(text(request, "event")?, number(request, "count")?).await,
            "status" => link.status(text(request, "is")?, number(request, "times")?).await,
            "errors" => link.errors(number(request, "count")?).await,
            "dispose" => {
                link.connection.dispose().await;
                Ok(Value::Null)
            }
            other => bail!("no such operation: {other}"),
        }
    }
}

impl Link {
    /// Waits until the connection is there; this client does not tell its id.
    async fn open(&self) -> Result<Value> {
        let look = |history: &History| {
            let open = history.statuses.contains(&ConnectionStatus::Connected);
            let refused = || Some(Err(anyhow!(history.errors.first()?.clone())));
            if open { Some(Ok(Value::Null)) } else { refused() }
        };
        self.seen.until(look).await
    }

    fn start(&mut self, action: String, args: Vec<Value>) -> Result<Value> {
        let connection = Arc::clone(&self.connection);
        self.calls.push(Some(tokio::spawn(async move { connection.action(&action, args).await })));
        Ok(json!(self.calls.len() - 1))
    }

    async fn on(&mut self, event: &str) -> Result<Value> {
        let seen = self.seen.clone();
        self.subscriptions.push(self.connection.on_event_raw(event, move |event| seen.hear(event)).await);
        Ok(json!(self.subscriptions.len() - 1))
    }

    async fn once(&mut self, event: &str) -> Result<Value> {
        let seen = self.seen.clone();
        self.subscriptions.push(self.connection.once_event(event, move |event| seen.hear(event)).await);
        Ok(json!(self.subscriptions.len() - 1))
    }

    async fn events(&self, name: &str, count: usize) -> Result<Value> {
        let look = |history: &History| {
            let events = history.events.get(name).cloned().unwrap_or_default();
            (events.len() >= count).then(|| json!(events))
        };
        Ok(self.seen.until(look).await)
    }

    async fn status(&self, is: &str, times: usize) -> Result<Value> {
        let status = match is {
            "connected" => ConnectionStatus::Connected,
            "disconnected" => ConnectionStatus::Disconnected,
            other => bail!("no such status: {other}"),
        };
        let times_in = |history: &History| history.statuses.iter().filter(|s| **s == status).count();
        Ok(self.seen.until(|history| (times_in(history) >= times).then_some(Value::Null)).await)
    }

    /// This client tells the messages of errors only.
    async fn errors(&self, count: usize) -> Result<Value> {
        let error = |message: &String| json!({ "message": message });
        let errors = |history: &History| history.errors.iter().map(error).collect::<Vec<Value>>();
        let look = |history: &History| (history.errors.len() >= count).then(|| json!(errors(history)));
        Ok(self.seen.until(look).await)
    }
}

impl Seen {
    fn hear(&self, event: Event) {
        self.add(|history| history.events.entry(event.name).or_default().push(event.args));
    }

    fn add(&self, change: impl FnOnce(&mut History)) {
        change(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
    }

    /// Gives what `look` finds, as soon as it finds something.
    async fn until<T>(&self, look: impl Fn(&History) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let found = look(&self.history.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(found) = found {
                return found;
            }
            // The sender is this object's own: it does not go away meanwhile.
            let _ = changes.changed().await;
        }
    }
}
