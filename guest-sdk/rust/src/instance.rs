//! One actor, from its start to its end.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::actor::Access;
use crate::args::Args;
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::checkpoint::{self, checkpoint};
use crate::dispatch::{ACTION, CREATE, DESTROY, RESUME, RUN, SLEEP, WAKE};
use crate::host::{reply, state};
use crate::lock::Lock;
use crate::{Actor, Conn, Ctx, Error, Result, This, Wake, executor, sql, wake, workflow};

/// An actor of any type.
pub(crate) trait Running {
    /// Begins with an event, which is no completion.
    fn take(self: Rc<Self>, event: Event);
}

/// An actor of the type `A`.
pub(crate) struct Instance<A> {
    /// Empty until the actor has started.
    actor: OnceCell<Lock<A>>,
}

impl<A: Actor> Running for Instance<A> {
    fn take(self: Rc<Self>, event: Event) {
        match event.kind {
            CREATE => self.answer_with(event.id, async move |this| this.start(Some(event.payload)).await),
            WAKE => self.answer_with(event.id, async |this| this.start(None).await),
            DESTROY => {
                wake::abort();
                self.answer_with(event.id, async |this| this.end().await);
            }
            SLEEP => {
                wake::abort();
                self.answer_with(event.id, async |this| this.fall_asleep().await);
            }
            RESUME => {
                wake::begin(Wake::Snapshot);
                executor::give_up_calls();
                self.answer_with(event.id, async |this| this.wake_up().await);
            }
            RUN if A::MANIFEST.workflow => {
                executor::spawn(async move {
                    let outcome = workflow::run(self).await;
                    answer(event.id, outcome.map(|()| vec![]));
                });
            }
            RUN if A::MANIFEST.hooks.run => {
                // Not one of the calls that are given up: it goes on after sleep.
                executor::spawn(async move {
                    let outcome = A::run(&Ctx::new(None, None), This::new(self)).await;
                    answer(event.id, outcome.map(|()| vec![]));
                });
            }
            RUN => answer(event.id, Ok(vec![])),
            ACTION => executor::spawn_call(event.id, async move {
                answer(event.id, self.run(event.connection, &event.name, &event.payload).await);
            }),
            _ => self.take_from_outside(event),
        }
    }
}

impl<A: Actor> Instance<A> {
    pub(crate) fn new() -> Self {
        Self { actor: OnceCell::new() }
    }

    /// Answers a call with nothing but that it went well, or with an error.
    pub(crate) fn answer_with(
        self: Rc<Self>,
        call: u64,
        handle: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) {
        executor::spawn_call(call, async move { answer(call, handle(&self).await.map(|()| vec![])) });
    }

    pub(crate) fn started(&self) -> Result<&Lock<A>> {
        let starting = || Error::new("actor", "starting", "The actor has not started yet.".to_owned());
        self.actor.get().ok_or_else(starting)
    }

    /// `input` is that of a new actor; without it the actor is read from durable data.
    async fn start(&self, input: Option<Vec<u8>>) -> Result<()> {
        // A host that has no data for an actor it wakes lost a start before its end: it counts as new,
        // but for `on_create` (semantics.md of Rivet 2.3.19, section 2).
        wake::begin(Wake::Cold);
        let saved = if input.is_some() { None } else { state::get() };
        let ctx = &Ctx::new(None, None);
        if A::HAS_ON_MIGRATE {
            ctx.sql().within(sql::ON_MIGRATE, |_| A::on_migrate(ctx, input.is_some()))?;
        }
        let mut actor = match &saved {
            Some(bytes) => read_state::<A>(bytes)?,
            None => A::create_state(ctx, input.as_deref().unwrap_or_default()).await?,
        };
        if let Some(input) = &input {
            actor.on_create(ctx, input).await?;
        }
        actor.on_wake(ctx).await?;
        if A::MANIFEST.workflow && input.is_some() {
            workflow::begin()?;
        }

        let changed = saved.is_none() || A::HAS_ON_WAKE;
        let lock = self.actor.get_or_init(|| Lock::new(actor));
        let actor = lock.shared().await;
        checkpoint::watch(&*actor, saved);
        if changed {
            checkpoint(&*actor);
        }
        Ok(())
    }

    async fn run(self: &Rc<Self>, connection: u64, name: &str, args: &[u8]) -> Result<Vec<u8>> {
        let Some(access) = A::access(name) else { return Err(action_not_found(name)) };
        let args = Args::parse(args)?;
        let lock = self.started()?;
        let ctx = &Ctx::new((connection != 0).then(|| Conn::new(connection)), None);
        match access {
            Access::Free => {
                let output = A::call_free(This::new(self.clone()), ctx, name, &args).await?;
                if !A::HAS_ON_BEFORE_ACTION_RESPONSE {
                    return Ok(output);
                }
                lock.shared().await.on_before_action_response(ctx, name, &args, output).await
            }
            Access::Shared => {
                let actor = lock.shared().await;
                let output = actor.call_shared(ctx, name, &args).await?;
                actor.on_before_action_response(ctx, name, &args, output).await
            }
            Access::Exclusive => {
                let mut actor = lock.exclusive().await;
                let outcome = actor.call_exclusive(ctx, name, &args).await;
                // What an action changed before it failed stays changed: an error is an answer like any.
                checkpoint(&*actor);
                actor.on_before_action_response(ctx, name, &args, outcome?).await
            }
        }
    }

    async fn fall_asleep(&self) -> Result<()> {
        if A::HAS_ON_SLEEP { self.change(async |actor, ctx| actor.on_sleep(ctx).await).await } else { Ok(()) }
    }

    async fn wake_up(&self) -> Result<()> {
        if A::HAS_ON_WAKE { self.change(async |actor, ctx| actor.on_wake(ctx).await).await } else { Ok(()) }
    }

    async fn end(&self) -> Result<()> {
        if A::HAS_ON_DESTROY {
            self.change(async |actor, ctx| actor.on_destroy(ctx).await).await
        } else {
            Ok(())
        }
    }

    /// Runs a hook that has the actor for itself.
    async fn change(&self, hook: impl AsyncFnOnce(&mut A, &Ctx) -> Result<()>) -> Result<()> {
        let mut actor = self.started()?.exclusive().await;
        let outcome = hook(&mut actor, &Ctx::new(None, None)).await;
        checkpoint(&*actor);
        outcome
    }
}

/// Answers a call.
pub(crate) fn answer(call: u64, outcome: Result<Vec<u8>>) {
    // Whether the call was still open is the host's business: it logs an answer that came too late.
    let _open = match outcome {
        Ok(output) => reply::ok(call, &output),
        Err(error) => reply::err(call, error.as_host()),
    };
}

/// An action that the actor does not have.
pub fn action_not_found(name: &str) -> Error {
    Error::new("actor", "action_not_found", format!("Action `{name}` was not found."))
}

fn read_state<A: Actor>(bytes: &[u8]) -> Result<A> {
    serde_cbor::from_slice(bytes).map_err(|error| {
        Error::internal(format_args!(
            "the saved state is no {}: {error}; give a new field #[serde(default)]",
            std::any::type_name::<A>()
        ))
    })
}
