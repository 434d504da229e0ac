//! A room in which people chat: connections that have a name, events to all of them and to one, and a durable
//! history.
//!
//! A client gives its name along when it connects. One that calls over HTTP does so for each call: it may
//! speak, read and whisper, but it is not in the room, so nobody is told that it comes and goes, and nobody
//! can whisper to it.

use rivet_guest::{Conn, Ctx, Event, ListOptions, Result, UserError, actor, export, from_cbor};
use serde::{Deserialize, Serialize};

/// The messages are in the key-value data, one under each key, so that the state stays small.
#[derive(Default, Serialize, Deserialize)]
struct ChatRoom {
    last_id: u64,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

/// What is remembered of a connection.
#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
}

/// What somebody said to all: an event, and a line of the history.
#[derive(Event, Serialize, Deserialize)]
struct Message {
    id: u64,
    from: String,
    text: String,
    /// In milliseconds since the Unix epoch.
    at: u64,
}

/// What somebody said to one.
#[derive(Event, Serialize)]
struct Whisper {
    from: String,
    text: String,
}

#[derive(Event, Serialize)]
struct Joined {
    name: String,
}

#[derive(Event, Serialize)]
struct Left {
    name: String,
}

/// How many messages are kept.
const KEPT: u64 = 1_000;
/// Bytes in one message.
const TEXT_BYTES: usize = 4_000;
const HISTORY: u32 = 100;
const MESSAGES: &str = "message/";

#[actor(display_name = "Chat room", icon = "💬", events(Message, Joined, Left, Whisper))]
impl ChatRoom {
    /// Lets in whoever has a name.
    fn create_conn_state(&self, params: Option<Params>) -> Result<Person> {
        let name = params.and_then(|params| params.name).unwrap_or_default();
        match name.trim() {
            "" => Err(UserError::new("Say who you are: give a name.").with_code("name_required").into()),
            name => Ok(Person { name: name.to_owned() }),
        }
    }

    fn on_connect(&self, ctx: &Ctx, conn: Conn) -> Result<()> {
        if conn.hibernates() { ctx.broadcast(&Joined { name: name_of(conn)? }) } else { Ok(()) }
    }

    fn on_disconnect(&self, ctx: &Ctx, conn: Conn) -> Result<()> {
        if conn.hibernates() { ctx.broadcast(&Left { name: name_of(conn)? }) } else { Ok(()) }
    }

    /// Says something to everybody; the number of the message.
    pub fn send_message(&mut self, ctx: &Ctx, text: String) -> Result<u64> {
        let message =
            Message { id: self.last_id + 1, from: caller(ctx)?, text: checked(text)?, at: ctx.now_ms() };
        ctx.kv().put_cbor(key(message.id), &message)?;
        if let Some(oldest) = message.id.checked_sub(KEPT) {
            ctx.kv().delete(key(oldest))?;
        }
        ctx.broadcast(&message)?;
        self.last_id = message.id;
        Ok(self.last_id)
    }

    /// The last messages, the oldest of them first.
    pub fn history(&self, ctx: &Ctx, limit: Option<u32>) -> Result<Vec<Message>> {
        let newest = ListOptions { reverse: true, limit: Some(limit.unwrap_or(HISTORY)) };
        let entries = ctx.kv().list_prefix(MESSAGES, newest)?;
        entries.iter().rev().map(|(_, message)| from_cbor(message)).collect()
    }

    /// Who is in the room, in the order in which they came.
    pub fn who(&self, ctx: &Ctx) -> Result<Vec<String>> {
        here(ctx).map(name_of).collect()
    }

    /// Says something to everybody of this name, and to nobody else.
    pub fn whisper(&self, ctx: &Ctx, name: String, text: String) -> Result<()> {
        let whisper = Whisper { from: caller(ctx)?, text: checked(text)? };
        let mut heard = false;
        for conn in here(ctx) {
            if name_of(conn)? == name {
                conn.send(&whisper)?;
                heard = true;
            }
        }
        let nobody = || UserError::new(format!("{name} is not here.")).with_code("not_here");
        heard.then_some(()).ok_or_else(|| nobody().into())
    }
}

export!(ChatRoom);

/// The connections that stay.
fn here(ctx: &Ctx) -> impl Iterator<Item = Conn> {
    ctx.conns().into_iter().filter(Conn::hibernates)
}

fn name_of(conn: Conn) -> Result<String> {
    Ok(conn.state::<Person>()?.map(|person| person.name).unwrap_or_default())
}

fn caller(ctx: &Ctx) -> Result<String> {
    ctx.conn().map(name_of).unwrap_or_else(|| Ok(String::new()))
}

fn checked(text: String) -> Result<String> {
    if text.len() > TEXT_BYTES {
        let error = UserError::new(format!("A message has at most {TEXT_BYTES} bytes."));
        return Err(error.with_code("text_too_long").into());
    }
    Ok(text)
}

/// Keys sort by bytes, so numbers have leading zeros.
fn key(id: u64) -> String {
    format!("{MESSAGES}{id:020}")
}

#[cfg(test)]
mod tests;
