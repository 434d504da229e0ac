//! `rivet:actor/client`.

use bytes::Bytes;
use rivet_ground::{
    Access, ActorError, ActorId, ActorKey, Ask, Creation, Effect, OperationId, Publish, Question, Target,
    Work, check_actor_name, limits,
};

use crate::bindings::rivet::actor::client::{self as wit, Host};
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::Inside;
use crate::iface::operation::Pending;
use crate::iface::queue::check_name;
use crate::iface::to_wit;

type Started = wasmtime::Result<Result<OperationId, Error>>;

impl Host for Guest {
    fn call(&mut self, target: wit::Target, action: String, args: Vec<u8>, caller: wit::Caller) -> Started {
        let started = check_action(&action).and_then(|()| {
            let work = Work::Action { name: action, args: args.into() };
            self.inside.ask_work(target, work, caller)
        });
        Ok(started.map_err(to_wit))
    }

    fn send(&mut self, target: wit::Target, queue: String, body: Vec<u8>, caller: wit::Caller) -> Started {
        let publish = Publish { queue, body: body.into(), wait: false, timeout_ms: None };
        Ok(self.inside.ask_publish(target, publish, caller).map_err(to_wit))
    }

    fn send_and_wait(
        &mut self,
        target: wit::Target,
        queue: String,
        body: Vec<u8>,
        timeout_ms: Option<u64>,
        caller: wit::Caller,
    ) -> Started {
        let publish = Publish { queue, body: body.into(), wait: true, timeout_ms };
        Ok(self.inside.ask_publish(target, publish, caller).map_err(to_wit))
    }

    fn resolve(&mut self, target: wit::Target) -> Started {
        Ok(self.inside.ask(target, Question::Resolve, None).map_err(to_wit))
    }

    fn create(&mut self, creation: wit::Creation) -> Started {
        let target = wit::Target::GetOrCreate(creation);
        Ok(self.inside.ask(target, Question::Create, None).map_err(to_wit))
    }
}

impl Inside {
    fn ask_publish(
        &mut self,
        target: wit::Target,
        publish: Publish,
        caller: wit::Caller,
    ) -> Result<OperationId, ActorError> {
        check_name(&publish.queue)?;
        self.ask_work(target, Work::Publish(publish), caller)
    }

    fn ask_work(
        &mut self,
        target: wit::Target,
        work: Work,
        caller: wit::Caller,
    ) -> Result<OperationId, ActorError> {
        self.ask(target, Question::Work(work), Some(caller))
    }

    /// Asks another actor, once the turn is durable.
    fn ask(
        &mut self,
        target: wit::Target,
        question: Question,
        caller: Option<wit::Caller>,
    ) -> Result<OperationId, ActorError> {
        let (name_bytes, given_bytes) = match &question {
            Question::Work(Work::Action { name, args }) => (name.len(), args.len()),
            Question::Work(Work::Publish(publish)) => (publish.queue.len(), publish.body.len()),
            Question::Resolve | Question::Create => (0, 0),
        };
        check_bytes(given_bytes, limits::MESSAGE_IN_BYTES, "message", "incoming_too_long", "message")?;
        let (params, on_behalf_of, hold) = match caller {
            Some(caller) => (caller.params, caller.on_behalf_of, access(caller.hold)),
            None => (None, 0, Access::None),
        };
        let params = params.map_or(NULL, Bytes::from);
        check_bytes(params.len(), limits::CONN_PARAMS_BYTES, "connection", "params_too_large", "parameters")?;
        let (target, target_bytes) = self.target(target)?;
        let len_bytes = name_bytes + given_bytes + params.len() + target_bytes;
        self.check_say(len_bytes)?;
        let operation = self.start_operation(Pending::Ask)?;
        let ask = Box::new(Ask { target, question, params, on_behalf_of, hold, len_bytes });
        self.say(Effect::Ask { operation, ask }, len_bytes)?;
        Ok(operation)
    }

    /// Whom a target means, and how many bytes it has.
    fn target(&self, target: wit::Target) -> Result<(Target, usize), ActorError> {
        let (wit::Address { name, key }, create) = match target {
            wit::Target::Id(id) => {
                // To whoever asks it is the same as one that is gone.
                let id = id.parse::<ActorId>().map_err(|_| ActorError::not_found())?;
                return Ok((Target::Id(id), 0));
            }
            wit::Target::Get(address) => (address, None),
            wit::Target::GetOrCreate(wit::Creation { address, input }) => {
                (address, Some(Creation { input: input.map(Bytes::from) }))
            }
        };
        let input_bytes = create.as_ref().and_then(|it| it.input.as_ref()).map_or(0, Bytes::len);
        check_bytes(input_bytes, limits::INPUT_BYTES, "actor", "input_too_large", "input")?;
        // As it is refused to clients.
        check_actor_name(&name).map_err(|error| ActorError::new("api", "bad_request", error.to_string()))?;
        let key = ActorKey::new(key)?;
        let namespace = self.identity.namespace.clone();
        let component_bytes = |component: &String| size_of::<String>() + component.len();
        let address_bytes = name.len() + key.components().iter().map(component_bytes).sum::<usize>();
        Ok((Target::Key { namespace, name, key, create }, address_bytes + input_bytes))
    }
}

/// What the other actor gets as parameters of a connection that has none.
const NULL: Bytes = Bytes::from_static(&[0xf6]);

fn access(hold: wit::Hold) -> Access {
    match hold {
        wit::Hold::None => Access::None,
        wit::Hold::Shared => Access::Shared,
        wit::Hold::Exclusive => Access::Exclusive,
    }
}

fn check_action(name: &str) -> Result<(), ActorError> {
    check_bytes(name.len(), limits::ACTION_NAME_BYTES, "actor", "invalid_action_name", "name of the action")
}

fn check_bytes(
    len_bytes: usize,
    most_bytes: usize,
    group: &str,
    code: &str,
    what: &str,
) -> Result<(), ActorError> {
    if len_bytes <= most_bytes {
        return Ok(());
    }
    Err(ActorError::new(
        group,
        code,
        format!("the {what} has {len_bytes} bytes, over the limit of {most_bytes}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, nobody};
    use rivet_ground::{Event, EventKind};

    fn address(name: &str) -> wit::Target {
        wit::Target::Get(wit::Address { name: name.to_owned(), key: vec!["k".to_owned()] })
    }

    fn call(inside: &mut Inside, args_bytes: usize, params_bytes: usize) -> Result<OperationId, String> {
        let params = Some(vec![0; params_bytes]);
        let caller = wit::Caller { params, on_behalf_of: 7, hold: wit::Hold::Exclusive };
        let work = Work::Action { name: "a".to_owned(), args: vec![0; args_bytes].into() };
        inside.ask_work(address("b"), work, caller).map_err(|error| error.path())
    }

    #[test]
    fn what_is_asked_leaves_with_the_turn_and_not_when_it_is_taken_back() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let first = call(&mut inside, 1, 1).unwrap();
        let second = call(&mut inside, 1, 1).unwrap();
        inside.cancel(first);
        let effects = inside.end_turn(true).unwrap().effects;
        let [Effect::Ask { operation, ask }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!((*operation, ask.on_behalf_of, ask.hold), (second, 7, Access::Exclusive));
        inside.begin_turn(&Event::bare(EventKind::Action, 2));
        inside.cancel(second);
        let effects = inside.end_turn(true).unwrap().effects;
        assert!(matches!(effects[..], [Effect::Cancel { operation }] if operation == second));
        call(&mut inside, 1, 1).unwrap();
        inside.drop_turn();
        assert!(inside.end_turn(true).unwrap().effects.is_empty());
    }

    #[test]
    fn what_is_too_long_is_refused_at_once() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let too_long = limits::MESSAGE_IN_BYTES + 1;
        assert_eq!(call(&mut inside, too_long, 1), Err("message.incoming_too_long".to_owned()));
        let too_long = limits::CONN_PARAMS_BYTES + 1;
        assert_eq!(call(&mut inside, 1, too_long), Err("connection.params_too_large".to_owned()));
        let key = vec!["k".repeat(limits::KEY_COMPONENT_CHARS + 1)];
        let refused = inside.target(wit::Target::Get(wit::Address { name: "b".to_owned(), key }));
        assert_eq!(refused.unwrap_err().path(), "actor.key_too_large");
        assert_eq!(inside.target(wit::Target::Id("x".to_owned())).unwrap_err().path(), "actor.not_found");
        assert!(check_action(&"a".repeat(limits::ACTION_NAME_BYTES + 1)).is_err());
        assert!(inside.end_turn(true).unwrap().effects.is_empty());
        assert_eq!(call(&mut nobody(), 1, 1), Err("actor.invalid_operation".to_owned()));
    }
}
