//! What a component says about itself.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::name::check_actor_name;
use crate::options::check_options;

/// The manifest of a component, as `guest.describe` returns it in JSON (`wit/guest.wit`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The SDK that the component was built with, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
    /// The actors in the component: at least one.
    pub actors: Vec<ActorManifest>,
}

/// One actor of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActorManifest {
    /// The name that clients use.
    pub name: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// An emoji or the name of an icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The names of its actions; nested ones are dotted.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Those of its actions that have the actor for themselves while they are answered; all others may go on beside each
    /// other. Without it none keeps another out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<Vec<String>>,
    /// The names of the events that it broadcasts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// The names of its queues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// The kinds of event that it takes beside the first five, by name; what is not listed is not delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<String>,
    /// Settings.
    #[serde(default)]
    pub options: ActorOptions,
    /// Whether its `run` is a workflow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub workflow: bool,
}

/// The kinds of event that an actor may leave out (`wit/guest.wit`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// It lets connections in, or not.
    pub connect: bool,
    /// It wants to know of the end of connections.
    pub disconnect: bool,
    /// It allows subscriptions, or not.
    pub subscribe: bool,
    /// It answers raw HTTP requests.
    pub request: bool,
    /// It takes raw WebSockets.
    pub message: bool,
    /// It does work by itself.
    pub run: bool,
    /// It wants to know when it is to sleep.
    pub sleep: bool,
    /// It wants to know when it has its memory back.
    pub resume: bool,
    /// It lets messages into its queues, or not.
    pub publish: bool,
}

/// Settings of an actor; what is missing has the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActorOptions {
    /// How long a caller waits for an action, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_timeout_ms: Option<u64>,
    /// Whether raw WebSockets outlive the instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub can_hibernate_web_socket: bool,
    /// How long an actor has nothing to do before it goes to sleep, in milliseconds.
    #[serde(default, alias = "sleepTimeout", skip_serializing_if = "Option::is_none")]
    pub sleep_timeout_ms: Option<u64>,
    /// How long it may take to go to sleep, in milliseconds.
    #[serde(default, alias = "sleepGracePeriod", skip_serializing_if = "Option::is_none")]
    pub sleep_grace_period_ms: Option<u64>,
    /// Whether it never falls asleep by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_sleep: bool,
    /// What is kept of it while it sleeps, beside its durable data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotKind>,
    /// Messages that its queue may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_queue_size: Option<u64>,
    /// Bytes that the body of a message may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_queue_message_size: Option<u64>,
    /// How many times a message is received in vain before it is a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_queue_attempts: Option<u64>,
    /// How many schedules it may have at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_schedules: Option<u32>,
    /// Bytes that its SQL database may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql_max_bytes: Option<u64>,
}

/// What is kept of a sleeping actor beside its durable data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotKind {
    /// Its memory.
    #[default]
    Memory,
    /// Nothing: it starts cold.
    None,
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON of the right shape.
    #[error("the manifest is not the JSON that wit/guest.wit describes: {0}")]
    Shape(String),
    /// A rule is broken.
    #[error("the manifest is not usable: {0}")]
    Rule(String),
}

impl Manifest {
    /// Checks what the shape alone does not say.
    pub fn check(&self) -> Result<(), ManifestError> {
        let rule = |text: String| Err(ManifestError::Rule(text));
        if self.actors.is_empty() {
            return rule("it lists no actor".to_owned());
        }
        if self.actors.len() > limits::COMPONENT_ACTORS {
            return rule(format!(
                "it lists {} actors, over the limit of {}",
                self.actors.len(),
                limits::COMPONENT_ACTORS
            ));
        }
        for (index, actor) in self.actors.iter().enumerate() {
            check_actor_name(&actor.name).map_err(|e| ManifestError::Rule(e.to_string()))?;
            if self.actors.iter().take(index).any(|other| other.name == actor.name) {
                return rule(format!("it lists the actor {:?} twice", actor.name));
            }
            check_options(&actor.options).map_err(|wrong| {
                ManifestError::Rule(format!("actor {:?} has a wrong option: {wrong}", actor.name))
            })?;
        }
        Ok(())
    }

    /// The actor of this name.
    pub fn actor(&self, name: &str) -> Option<&ActorManifest> {
        self.actors.iter().find(|actor| actor.name == name)
    }
}

impl ActorManifest {
    /// The hooks that it lists. A name of a later version is ignored.
    pub fn hooks(&self) -> Hooks {
        let has = |name: &str| self.hooks.iter().any(|hook| hook == name);
        Hooks {
            connect: has("connect"),
            disconnect: has("disconnect"),
            subscribe: has("subscribe"),
            request: has("request"),
            message: has("message"),
            run: has("run"),
            sleep: has("sleep"),
            resume: has("resume"),
            publish: has("publish"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: &str) -> ActorManifest {
        ActorManifest {
            name: name.to_owned(),
            display_name: None,
            icon: None,
            actions: vec![],
            exclusive: None,
            events: vec![],
            queues: vec![],
            hooks: vec![],
            options: ActorOptions::default(),
            workflow: false,
        }
    }

    #[test]
    fn rules_are_checked() {
        let manifest =
            |names: &[&str]| Manifest { sdk: None, actors: names.iter().map(|n| actor(n)).collect() };
        assert!(manifest(&["a", "b"]).check().is_ok());
        assert!(manifest(&[]).check().unwrap_err().to_string().contains("no actor"));
        assert!(manifest(&["a", "a"]).check().unwrap_err().to_string().contains("twice"));
        assert!(manifest(&[""]).check().is_err());
    }

    #[test]
    fn hooks_are_known_by_name() {
        let mut actor = actor("a");
        assert_eq!(actor.hooks(), Hooks::default());
        actor.hooks = ["request", "later"].map(str::to_owned).into();
        assert_eq!(actor.hooks(), Hooks { request: true, ..Hooks::default() });
    }
}
