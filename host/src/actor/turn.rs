//! One turn of an instance, up to its gate.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorError, CallId, Effect, Event, EventKind, OperationId, Outcome};
use rivet_sandbox::Turn;

use crate::actor::bedtime::Bedtime;
use crate::actor::deadlines::Due;
use crate::actor::errand::Begun;
use crate::actor::exchange::{Completion, Exchange, Outside, Piece};
use crate::actor::gate::not_saved;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::outlet::Broadcast;
use crate::actor::report;
use crate::actor::said::{Said, What};
use crate::actor::task::ActorTask;
use crate::actor::waiter::{Next, Waiter};

impl ActorTask {
    /// Lets one turn pass.
    pub(super) async fn turn(&mut self, event: Event) {
        let (kind, id, connection) = (event.kind, event.id, event.connection);
        let subject = report::subject(&event);
        let before = self.phase;
        let starts_first = matches!(before, Phase::Starting { first: true, .. });
        let turn = match self.instance.turn(event).await {
            Ok(turn) => turn,
            Err(trap) => {
                report::trapped(&self.start.record, &self.start.launch.component, &subject, &trap);
                self.failure = Some(report::panicked(&trap));
                self.after_trap = self.instance.after_trap();
                self.unmourned = (kind == EventKind::Disconnect).then_some(connection);
                return self.happen(Happening::Crashed);
            }
        };
        self.note_holds();
        let Turn { mut writes, mut effects, handled } = turn;
        if !handled {
            effects.extend(unhandled(kind, id));
        }
        let mut said = Vec::new();
        for effect in effects {
            self.effect(effect, &mut said);
        }
        if starts_first && self.phase == Phase::Ready {
            self.supervisor.shared.directory.mark_started(self.start.record.id, &mut writes);
        }
        if let Err(error) = self.gate.pass(writes, said).await {
            tracing::error!(actor = %self.start.record.id, "{subject} could not be saved: {error}");
            self.failure = Some(not_saved(error));
            // As if the turn had not been: a start that was not saved has failed, whatever the guest answered.
            self.phase = before.after(Happening::Crashed);
            return;
        }
        self.stir();
        self.set_alarm();
    }

    /// Takes note of what happened outside.
    pub(super) async fn outside(&mut self, outside: Outside) {
        match outside {
            Outside::Ended(operation, outcome) => {
                if self.operations.remove(&operation).is_some() {
                    self.complete(operation, *outcome).await;
                }
            }
            // The guest hears of it when it reads or writes.
            Outside::Asked(to) => drop(to.send(self.awake())),
            Outside::Hurry => self.hurry(),
            Outside::Left(request) => {
                if self.forget_raw(request) {
                    self.instance.close_call(request);
                }
            }
        }
    }

    /// Gives the guest the end of an operation.
    pub(super) async fn complete(&mut self, operation: OperationId, outcome: Outcome) {
        let (payload, error) = match outcome {
            Ok(payload) => (payload, None),
            Err(error) => (Bytes::new(), Some(error)),
        };
        self.turn(Event { payload, error, ..Event::bare(EventKind::Completion, operation) }).await;
    }

    /// Takes note of an effect; what is to leave is added to `said`.
    fn effect(&mut self, effect: Effect, said: &mut Vec<Said>) {
        match effect {
            Effect::Reply { call, outcome } => said.extend(self.answered(call, outcome)),
            // A timer speaks to nobody but the actor, so it need not wait for the commit.
            Effect::StartTimer { operation, after_ms } | Effect::SetTimeout { operation, after_ms } => {
                self.set_deadline(Due::Timer(operation), after_ms);
            }
            Effect::Complete { message, operation, response } => {
                said.extend(self.completed(message, operation, response));
            }
            Effect::Ask { operation, ask } => said.push(self.ask(operation, *ask)),
            Effect::Cancel { operation } => self.cancel(operation),
            Effect::Destroy => self.agenda.push_back(Next::Destroy),
            Effect::Sleep => {
                self.bedtime.get_or_insert(Bedtime::Itself);
                self.agenda.push_back(Next::Sleep);
            }
            Effect::Broadcast { name, args } => {
                let event = Arc::new(Broadcast::new(name, args));
                said.push(Said::new(What::Broadcast(self.sockets.clone(), event)));
            }
            Effect::Send { connection, name, args } => {
                let outlet = self.visitors.get(&connection).map(|visitor| visitor.outlet.clone());
                let event = Arc::new(Broadcast::new(name, args));
                said.extend(outlet.map(|outlet| Said::new(What::Event(outlet, event))));
            }
            Effect::Message { connection, message } => {
                let outlet = self.visitors.get(&connection).map(|visitor| visitor.outlet.clone());
                said.extend(outlet.map(|outlet| Said::new(What::Message(outlet, message))));
            }
            Effect::Close { connection, reason } => said.extend(self.dismiss(connection, reason)),
            Effect::Fetch { operation, request } => {
                let fetching = self.supervisor.shared.fetcher.fetch(*request);
                said.push(self.errand(operation, fetching));
            }
            Effect::ReadBody { .. }
            | Effect::Respond { .. }
            | Effect::WriteBody { .. }
            | Effect::FinishBody { .. } => said.extend(self.exchange(effect)),
        }
    }

    /// Gives an operation up.
    fn cancel(&mut self, operation: OperationId) {
        self.deadlines.clear(Due::Timer(operation));
        let Some(Begun::Read(request)) = self.operations.remove(&operation) else { return };
        if self.raw(request).is_none_or(|exchange| exchange.cancel_read(operation)) {
            return;
        }
        // It has read a piece, which belongs to the next read.
        while let Ok(outside) = self.from_outside.try_recv() {
            self.found.push_back(outside);
        }
        let is_it = |outside: &Outside| matches!(outside, Outside::Ended(ended, _) if *ended == operation);
        let at = self.found.iter().position(is_it);
        if let Some(Outside::Ended(_, outcome)) = at.and_then(|at| self.found.remove(at))
            && let Some(exchange) = self.raw(request)
        {
            exchange.give_back(*outcome);
        }
    }

    /// Takes note of what the guest does with a raw request.
    fn exchange(&mut self, effect: Effect) -> Option<Said> {
        match effect {
            Effect::ReadBody { request, operation } => {
                let completion = self.operation(operation, Begun::Read(request));
                // Nobody outside sees that it is read.
                self.raw(request)?.read(completion);
                None
            }
            Effect::Respond { request, status, headers } => {
                let to = self.to_outside.clone();
                let (answer, response) = self.raw(request)?.respond(request, to, status, headers)?;
                self.raw_answers += 1;
                self.deadlines.clear(Due::Call(request));
                Some(Said::new(What::Head(answer, Ok(response))))
            }
            Effect::WriteBody { request, operation, piece } => {
                let completion = self.operation(operation, Begun::Other);
                let body = self.raw(request)?.response()?;
                Some(Said::new(What::Piece(body, Piece::Data(piece, completion))))
            }
            Effect::FinishBody { request } => {
                let body = self.raw(request)?.response()?;
                self.forget_raw(request);
                Some(Said::new(What::Piece(body, Piece::End)))
            }
            _ => None,
        }
    }

    /// A raw request that the guest has taken.
    fn raw(&mut self, request: CallId) -> Option<&mut Exchange> {
        match self.calls.get_mut(&request)? {
            Waiter::Request(exchange) => Some(exchange),
            _ => None,
        }
    }

    /// Forgets a raw request whose answer is under way; says whether there was one.
    pub(super) fn forget_raw(&mut self, request: CallId) -> bool {
        let under_way = self.calls.get(&request).is_some_and(|waiter| !waiter.waits());
        if under_way {
            self.calls.remove(&request);
            self.raw_answers -= 1;
        }
        under_way
    }

    /// Notes that an operation ends outside.
    pub(super) fn operation(&mut self, operation: OperationId, begun: Begun) -> Completion {
        self.operations.insert(operation, begun);
        Completion::new(self.to_outside.clone(), operation)
    }
}

/// What stands for the answer of a guest that does not know a kind of event.
fn unhandled(kind: EventKind, id: u64) -> Option<Effect> {
    let refuse =
        |what: &str| Err(ActorError::actor("invalid_operation", format!("the component takes no {what}")));
    let outcome = match kind {
        EventKind::Create
        | EventKind::Wake
        | EventKind::Destroy
        | EventKind::Connect
        | EventKind::Disconnect
        | EventKind::Subscribe
        | EventKind::Message
        | EventKind::Run
        | EventKind::Sleep
        | EventKind::Resume
        | EventKind::Publish => Ok(Bytes::new()),
        EventKind::Action => refuse("actions"),
        EventKind::Request => refuse("raw requests"),
        EventKind::Completion => return None,
    };
    Some(Effect::Reply { call: id, outcome })
}
