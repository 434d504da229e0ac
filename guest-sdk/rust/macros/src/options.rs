//! What stands in the brackets of an attribute.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitBool, LitInt, LitStr, Result, Token, Type, parenthesized};

/// `#[actor(name = "..", display_name = "..", icon = "..", action_timeout_ms = 1, events(..),
/// can_hibernate_web_socket = true, sleep_timeout_ms = 1, sleep_grace_period_ms = 1, no_sleep = true,
/// snapshot = "memory", queues("..", ..), max_queue_size = 1, max_queue_message_size = 1, max_queue_attempts = 1,
/// max_schedules = 1, sql_max_bytes = 1)]`.
pub struct ActorOptions {
    /// The name that clients use.
    pub name: Option<String>,
    /// A name for people.
    pub display_name: Option<String>,
    /// An emoji, or the name of an icon.
    pub icon: Option<String>,
    /// How long a caller waits, in milliseconds.
    pub action_timeout_ms: Option<u64>,
    /// The events that it broadcasts.
    pub events: Vec<Type>,
    /// The queues that clients may send to.
    pub queues: Vec<LitStr>,
    /// Whether its raw WebSockets outlive the instance.
    pub can_hibernate_web_socket: bool,
    /// How long it has nothing to do before it goes to sleep, in milliseconds.
    pub sleep_timeout_ms: Option<u64>,
    /// How long it may take to go to sleep, in milliseconds.
    pub sleep_grace_period_ms: Option<u64>,
    /// Whether it never falls asleep by itself.
    pub no_sleep: bool,
    /// How many schedules it may have at a time.
    pub max_schedules: Option<u32>,
    /// Whether its memory is kept while it sleeps.
    pub snapshot: bool,
    /// Messages that its queue may hold.
    pub max_queue_size: Option<u64>,
    /// Bytes that the body of a message may have.
    pub max_queue_message_size: Option<u64>,
    /// How many times a message is received in vain before it is a dead letter.
    pub max_queue_attempts: Option<u64>,
    /// Bytes that its SQL database may have.
    pub sql_max_bytes: Option<u64>,
}

impl Default for ActorOptions {
    fn default() -> Self {
        Self {
            name: None,
            display_name: None,
            icon: None,
            action_timeout_ms: None,
            events: vec![],
            queues: vec![],
            can_hibernate_web_socket: false,
            sleep_timeout_ms: None,
            sleep_grace_period_ms: None,
            no_sleep: false,
            max_schedules: None,
            snapshot: true,
            max_queue_size: None,
            max_queue_message_size: None,
            max_queue_attempts: None,
            sql_max_bytes: None,
        }
    }
}

/// The limit of the host and of Rivet.
const NAME_CHARS: usize = 64;

impl ActorOptions {
    /// Reads the brackets of `#[actor]`.
    pub fn parse(tokens: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                let name: LitStr = meta.value()?.parse()?;
                check_name(&name.value()).map_err(|text| Error::new(name.span(), text))?;
                options.name = Some(name.value());
            } else if meta.path.is_ident("display_name") {
                options.display_name = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("icon") {
                options.icon = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("action_timeout_ms") {
                options.action_timeout_ms = Some(milliseconds(&meta, "an action needs some time")?);
            } else if meta.path.is_ident("sleep_timeout_ms") {
                options.sleep_timeout_ms = Some(milliseconds(&meta, "an actor is awake for some time")?);
            } else if meta.path.is_ident("sleep_grace_period_ms") {
                options.sleep_grace_period_ms =
                    Some(milliseconds(&meta, "an actor needs some time to go to sleep")?);
            } else if meta.path.is_ident("sql_max_bytes") {
                options.sql_max_bytes = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?);
            } else if meta.path.is_ident("no_sleep") {
                options.no_sleep = meta.value()?.parse::<LitBool>()?.value;
            } else if meta.path.is_ident("max_schedules") {
                options.max_schedules = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?);
            } else if meta.path.is_ident("snapshot") {
                let kind: LitStr = meta.value()?.parse()?;
                options.snapshot = match kind.value().as_str() {
                    "memory" => true,
                    "none" => false,
                    _ => return Err(Error::new(kind.span(), "a snapshot is of \"memory\" or \"none\"")),
                };
            } else if meta.path.is_ident("events") {
                let events;
                parenthesized!(events in meta.input);
                options.events =
                    Punctuated::<Type, Token![,]>::parse_terminated(&events)?.into_iter().collect();
            } else if meta.path.is_ident("queues") {
                let queues;
                parenthesized!(queues in meta.input);
                options.queues =
                    Punctuated::<LitStr, Token![,]>::parse_terminated(&queues)?.into_iter().collect();
                if let Some(empty) = options.queues.iter().find(|queue| queue.value().is_empty()) {
                    return Err(Error::new(empty.span(), "a queue needs a name"));
                }
            } else if meta.path.is_ident("max_queue_size") {
                options.max_queue_size = Some(positive(&meta, "a queue that holds nothing is none")?);
            } else if meta.path.is_ident("max_queue_message_size") {
                options.max_queue_message_size = Some(positive(&meta, "a message has some bytes")?);
            } else if meta.path.is_ident("max_queue_attempts") {
                options.max_queue_attempts = Some(positive(&meta, "a message is received once at least")?);
            } else if meta.path.is_ident("can_hibernate_web_socket") {
                options.can_hibernate_web_socket = meta.value()?.parse::<LitBool>()?.value;
            } else {
                return Err(meta.error(
                    "expected `name`, `display_name`, `icon`, `action_timeout_ms`, `events(..)`, \
                     `can_hibernate_web_socket`, `sleep_timeout_ms`, `sleep_grace_period_ms`, `no_sleep`, \
                     `snapshot`, `queues(..)`, `max_queue_size`, `max_queue_message_size`, \
                     `max_queue_attempts`, `max_schedules` or `sql_max_bytes`",
                ));
            }
            Ok(())
        });
        parser.parse2(tokens)?;
        Ok(options)
    }
}

fn milliseconds(meta: &ParseNestedMeta<'_>, why: &str) -> Result<u64> {
    above_zero(meta, &format!("{why}: more than 0 ms"))
}

fn positive(meta: &ParseNestedMeta<'_>, why: &str) -> Result<u64> {
    above_zero(meta, &format!("{why}: more than 0"))
}

fn above_zero(meta: &ParseNestedMeta<'_>, error: &str) -> Result<u64> {
    let number: LitInt = meta.value()?.parse()?;
    match number.base10_parse()? {
        0 => Err(Error::new(number.span(), error)),
        n => Ok(n),
    }
}

/// Takes `#[action(name = "..")]` off a method.
pub fn take_action_name(attributes: &mut Vec<Attribute>) -> Result<Option<LitStr>> {
    let Some(index) = attributes.iter().position(|attribute| attribute.path().is_ident("action")) else {
        return Ok(None);
    };
    name_of(&attributes.remove(index), "an action").map(Some)
}

/// The name in `#[event(name = "..")]`, if it is among the attributes.
pub fn event_name(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("event"));
    attribute.map(|attribute| name_of(attribute, "an event")).transpose()
}

fn name_of(attribute: &Attribute, what: &str) -> Result<LitStr> {
    let mut name = None;
    attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("name") {
            return Err(meta.error("expected `name`"));
        }
        name = Some(meta.value()?.parse::<LitStr>()?);
        Ok(())
    })?;
    match name {
        Some(name) if name.value().is_empty() => Err(Error::new(name.span(), format!("{what} needs a name"))),
        Some(name) => Ok(name),
        None => Err(Error::new(attribute.span(), "expected `name = \"..\"` in brackets")),
    }
}

fn check_name(name: &str) -> std::result::Result<(), String> {
    let chars = name.chars().count();
    if (1..=NAME_CHARS).contains(&chars) && !name.contains(|c: char| c.is_control() || c == '/') {
        return Ok(());
    }
    Err(format!("an actor name has 1 to {NAME_CHARS} characters, no control character and no slash"))
}
