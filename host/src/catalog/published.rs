//! A component on the shelf.

use std::sync::Arc;

use rivet_ground::{ActorManifest, ActorOptions, Hooks, OptionOverride, SnapshotKind, limits};
use rivet_sandbox::{Program, QueueLimits};
use rivet_store::ComponentRecord;

use crate::catalog::info::ComponentInfo;

/// The newest version of a component.
pub(super) struct Published {
    pub(super) record: ComponentRecord,
    /// What it runs, or why it does not run on this host any more.
    program: Result<Program, String>,
    label: Arc<str>,
}

/// What an actor starts from.
#[derive(Clone)]
pub struct Launch {
    /// The component.
    pub program: Program,
    /// The component and its version, for the log: `counter@3`.
    pub component: Arc<str>,
    /// How long a caller of this actor waits for an action.
    pub action_timeout_ms: u64,
    /// Those of its actions that have it for themselves; none if none of its actions keeps another out.
    pub exclusive: Option<Arc<[String]>>,
    /// The kinds of event that this actor takes beside the first five.
    pub hooks: Hooks,
    /// Whether its raw WebSockets outlive the instance.
    pub hibernates_web_sockets: bool,
    /// How long this actor has nothing to do before it goes to sleep, in milliseconds.
    pub sleep_timeout_ms: u64,
    /// How long it may take to go to sleep, in milliseconds.
    pub sleep_grace_ms: u64,
    /// Whether it never falls asleep by itself.
    pub no_sleep: bool,
    /// What is kept of it while it sleeps.
    pub snapshot: SnapshotKind,
    /// The queues that somebody outside may send messages to.
    pub queues: Arc<[String]>,
    /// What its queue may hold.
    pub queue_limits: QueueLimits,
    /// How many schedules it may have at a time.
    pub schedules_max: u32,
    /// Bytes that its SQL database may have.
    pub sql_max_bytes: u64,
    /// Whether its `run` is a workflow.
    pub workflow: bool,
}

impl Published {
    pub(super) fn new(mut record: ComponentRecord, program: Result<Program, String>) -> Self {
        if let Ok(program) = &program {
            record.actors = program.manifest().actors.iter().map(|actor| actor.name.clone()).collect();
        }
        let label = format!("{}@{}", record.name, record.version).into();
        Self { record, program, label }
    }

    /// Whether it runs, and its bytes are those of this digest.
    pub(super) fn runs(&self, digest: &str) -> bool {
        self.program.is_ok() && self.record.digest == digest
    }

    /// What an actor of this name starts from, if it is one of this component's and the component runs.
    pub(super) fn launch(&self, actor: &str, overrides: &[OptionOverride]) -> Option<Launch> {
        let program = self.program.as_ref().ok()?;
        let actor = program.manifest().actor(actor)?;
        let mut options = actor.options.clone();
        // What is for one name goes last, and so before what is for all.
        for one in [false, true] {
            let of_kind = overrides.iter().filter(|option| option.is_for_one() == one);
            of_kind.for_each(|option| option.apply(&actor.name, &mut options));
        }
        Some(Launch {
            program: program.clone(),
            component: self.label.clone(),
            action_timeout_ms: options.action_timeout_ms.unwrap_or(limits::ACTION_TIMEOUT_MS),
            exclusive: actor.exclusive.as_deref().map(Into::into),
            hooks: actor.hooks(),
            hibernates_web_sockets: options.can_hibernate_web_socket,
            sleep_timeout_ms: options.sleep_timeout_ms.unwrap_or(limits::SLEEP_TIMEOUT_MS),
            sleep_grace_ms: options.sleep_grace_period_ms.unwrap_or(limits::SLEEP_GRACE_MS),
            no_sleep: options.no_sleep,
            snapshot: options.snapshot.unwrap_or_default(),
            queues: actor.queues.as_slice().into(),
            queue_limits: QueueLimits {
                messages: options.max_queue_size.unwrap_or(limits::QUEUE_MESSAGES),
                message_bytes: options.max_queue_message_size.unwrap_or(limits::QUEUE_MESSAGE_BYTES),
                attempts: options.max_queue_attempts.unwrap_or(limits::QUEUE_ATTEMPTS),
            },
            schedules_max: options.max_schedules.unwrap_or(limits::SCHEDULES),
            sql_max_bytes: options.sql_max_bytes.unwrap_or(limits::SQL_ACTOR_BYTES),
            workflow: actor.workflow,
        })
    }

    /// Why its actors sleep without a memory snapshot, if they do.
    pub(super) fn no_snapshot(&self) -> Option<String> {
        self.program.as_ref().ok()?.no_snapshot().map(str::to_owned)
    }

    /// Its actors; only their names, when it does not run.
    pub(super) fn actors(&self) -> Vec<ActorManifest> {
        match &self.program {
            Ok(program) => program.manifest().actors.clone(),
            Err(_) => self.record.actors.iter().map(|name| bare(name)).collect(),
        }
    }

    pub(super) fn info(&self) -> ComponentInfo {
        let program = self.program.as_ref().ok();
        let imports =
            |program: &Program| program.imports().rows.iter().map(|row| row.wants.clone()).collect();
        ComponentInfo {
            name: self.record.name.clone(),
            version: self.record.version,
            digest: self.record.digest.clone(),
            size_bytes: program.map_or(0, Program::size_bytes),
            uploaded_ms: self.record.uploaded_ms,
            sdk: program.and_then(|program| program.manifest().sdk.clone()),
            actors: self.actors(),
            imports: program.map(imports).unwrap_or_default(),
            no_snapshot: self.no_snapshot(),
            error: self.program.as_ref().err().cloned(),
        }
    }
}

fn bare(name: &str) -> ActorManifest {
    ActorManifest {
        name: name.to_owned(),
        display_name: None,
        icon: None,
        exclusive: None,
        actions: Vec::new(),
        events: Vec::new(),
        queues: Vec::new(),
        hooks: Vec::new(),
        options: ActorOptions::default(),
        workflow: false,
    }
}
