//! The entry of an actor in the manifest.

use std::fmt::Write;

/// What the manifest says of one actor; the `actor` macro writes it.
pub struct Manifest {
    /// The name that clients use.
    pub name: &'static str,
    /// A name for people.
    pub display_name: Option<&'static str>,
    /// An emoji, or the name of an icon.
    pub icon: Option<&'static str>,
    /// The names of the actions.
    pub actions: &'static [&'static str],
    /// Those of them that have the actor for themselves.
    pub exclusive: &'static [&'static str],
    /// The names of the events.
    pub events: &'static [&'static str],
    /// The names of the queues that clients may send to.
    pub queues: &'static [&'static str],
    /// What it wants to be told of.
    pub hooks: Hooks,
    /// Whether what it does by itself is a workflow.
    pub workflow: bool,
    /// How long a caller of an action waits, in milliseconds.
    pub action_timeout_ms: Option<u64>,
    /// Whether raw WebSockets outlive the instance.
    pub can_hibernate_web_socket: bool,
    /// How long it has nothing to do before it goes to sleep, in milliseconds.
    pub sleep_timeout_ms: Option<u64>,
    /// How long it may take to go to sleep, in milliseconds.
    pub sleep_grace_period_ms: Option<u64>,
    /// Whether it never falls asleep by itself.
    pub no_sleep: bool,
    /// What is kept of it while it sleeps, beside its durable data.
    pub snapshot: Snapshot,
    /// Messages that its queue may hold.
    pub max_queue_size: Option<u64>,
    /// Bytes that the body of a message may have.
    pub max_queue_message_size: Option<u64>,
    /// How many times a message is received in vain before it is a dead letter.
    pub max_queue_attempts: Option<u64>,
    /// How many schedules it may have at a time.
    pub max_schedules: Option<u32>,
    /// Bytes that its SQL database may have.
    pub sql_max_bytes: Option<u64>,
}

/// What is kept of a sleeping actor beside its durable data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// Its memory.
    Memory,
    /// Nothing.
    None,
}

/// The kinds of event that an actor may leave out (`guest.wit`).
#[derive(Clone, Copy)]
pub struct Hooks {
    /// It lets connections in, or not.
    pub connect: bool,
    /// It takes leave of connections.
    pub disconnect: bool,
    /// It allows subscriptions, or not.
    pub subscribe: bool,
    /// It answers raw HTTP requests.
    pub request: bool,
    /// It takes raw WebSockets.
    pub message: bool,
    /// It does something by itself.
    pub run: bool,
    /// It lets messages into its queues, or not.
    pub publish: bool,
}

impl Manifest {
    /// The entry as JSON (`guest.describe` in `guest.wit`).
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"name\":{}", string(self.name));
        for (field, value) in [("displayName", self.display_name), ("icon", self.icon)] {
            if let Some(value) = value {
                json.push_str(&format!(",\"{field}\":{}", string(value)));
            }
        }
        json.push_str(&format!(",\"actions\":{}", strings(self.actions)));
        // Also when there are none: it says that the others wait for nobody but those.
        json.push_str(&format!(",\"exclusive\":{}", strings(self.exclusive)));
        for (field, names) in
            [("events", self.events), ("queues", self.queues), ("hooks", &self.hooks.names())]
        {
            if !names.is_empty() {
                json.push_str(&format!(",\"{field}\":{}", strings(names)));
            }
        }
        let mut options = Vec::new();
        for (field, number) in [
            ("actionTimeoutMs", self.action_timeout_ms),
            ("sleepTimeoutMs", self.sleep_timeout_ms),
            ("sleepGracePeriodMs", self.sleep_grace_period_ms),
            ("maxQueueSize", self.max_queue_size),
            ("maxQueueMessageSize", self.max_queue_message_size),
            ("maxQueueAttempts", self.max_queue_attempts),
            ("sqlMaxBytes", self.sql_max_bytes),
        ] {
            options.extend(number.map(|number| format!("\"{field}\":{number}")));
        }
        for (field, is_set) in
            [("canHibernateWebSocket", self.can_hibernate_web_socket), ("noSleep", self.no_sleep)]
        {
            options.extend(is_set.then(|| format!("\"{field}\":true")));
        }
        options.extend(self.max_schedules.map(|most| format!("\"maxSchedules\":{most}")));
        if self.snapshot == Snapshot::None {
            options.push("\"snapshot\":\"none\"".to_owned());
        }
        if !options.is_empty() {
            json.push_str(&format!(",\"options\":{{{}}}", options.join(",")));
        }
        if self.workflow {
            json.push_str(",\"workflow\":true");
        }
        json.push('}');
        json
    }
}

impl Hooks {
    fn names(self) -> Vec<&'static str> {
        let hooks = [
            (self.connect, "connect"),
            (self.disconnect, "disconnect"),
            (self.subscribe, "subscribe"),
            (self.request, "request"),
            (self.message, "message"),
            (self.run, "run"),
            (self.publish, "publish"),
            // The SDK itself wants to know.
            (true, "sleep"),
            (true, "resume"),
        ];
        hooks.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
    }
}

fn strings(texts: &[&str]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| string(text)).collect();
    format!("[{}]", texts.join(","))
}

fn string(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n🔢"), r#""a\"b\\c\u000a🔢""#);
    }
}
