//! What an actor may rely on: state, arguments, hooks and errors, through the macro.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::cell::Cell;

use rivet_guest::testing::TestActor;
use rivet_guest::{Actor, Ctx, Error, Result, UserError, Value, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Notes {
    lines: Vec<String>,
    #[serde(skip)]
    reads: Cell<u32>,
}

#[derive(Deserialize)]
struct Input {
    first: String,
}

#[actor(name = "note\"book", display_name = "Notes", icon = "📓", action_timeout_ms = 5_000)]
impl Notes {
    fn create_state(ctx: &Ctx, input: Option<Input>) -> Result<Self> {
        ctx.log().info("create_state");
        let lines = match input {
            Some(Input { first }) if first.is_empty() => return Err(UserError::new("empty").into()),
            Some(Input { first }) => vec![first],
            None => vec![],
        };
        Ok(Self { lines, reads: Cell::new(0) })
    }

    async fn on_create(&mut self, ctx: &Ctx, input: Value) {
        ctx.log().info(format_args!("on_create {}", input == Value::Null));
    }

    fn on_wake(&self, ctx: &Ctx) {
        ctx.log().info("on_wake");
    }

    fn on_destroy(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.log().info(format_args!("on_destroy {}", self.lines.len()));
        Ok(())
    }

    fn on_before_action_response(&self, _: &Ctx, action: &str, args: &[Value], output: Value) -> Value {
        if action == "shout" { Value::Array(vec![output, args[0].clone()]) } else { output }
    }

    pub fn add(&mut self, line: String, times: Option<usize>) -> usize {
        (0..times.unwrap_or(1)).for_each(|_| self.lines.push(line.clone()));
        self.lines.len()
    }

    pub fn add_then_fail(&mut self, line: String) -> Result<(), UserError> {
        self.lines.push(line);
        Err(UserError::new("no").with_code("nope").with_metadata([1, 2]))
    }

    pub fn read(&self) -> (Vec<String>, u32) {
        self.reads.set(self.reads.get() + 1);
        (self.lines.clone(), self.reads.get())
    }

    pub async fn shout(&self, word: String) -> String {
        word.to_uppercase()
    }

    #[action(name = "math.parse")]
    fn parse_number(&self, text: String) -> Result<i64> {
        Ok(text.parse()?)
    }

    pub fn r#match(&mut self, ctx: Ctx) -> Result<()> {
        ctx.destroy()
    }

    #[allow(dead_code, reason = "a method without `pub` is no action")]
    fn secret(&self) {}
}

export!(Notes);

fn notes() -> TestActor<Notes> {
    TestActor::create().unwrap()
}

#[test]
fn the_manifest_is_json_of_the_contract() {
    let manifest: serde_json::Value = serde_json::from_str(&Notes::MANIFEST.to_json()).unwrap();
    let expect = serde_json::json!({
        "name": "note\"book", "displayName": "Notes", "icon": "📓",
        "actions": ["add", "addThenFail", "read", "shout", "math.parse", "match"],
        "exclusive": ["add", "addThenFail", "match"],
        // The SDK itself wants to know of these.
        "hooks": ["sleep", "resume"],
        "options": {"actionTimeoutMs": 5000},
    });
    assert_eq!(manifest, expect);
}

#[test]
fn hooks_run_in_order() {
    let mut notes = notes();
    assert_eq!(notes.log(), ["info: create_state", "info: on_create true", "info: on_wake"]);
    notes.restart().unwrap();
    assert_eq!(notes.log()[3..], ["info: on_wake"]);
    notes.call::<()>("match", ()).unwrap();
    assert!(notes.is_destroyed());
    notes.destroy().unwrap();
    assert_eq!(notes.log()[4..], ["info: on_destroy 0"]);
}

#[test]
fn the_input_sets_the_state() {
    let mut notes = TestActor::<Notes>::create_with(serde_json::json!({"first": "hello"})).unwrap();
    assert_eq!(notes.call::<(Vec<String>, u32)>("read", ()).unwrap(), (vec!["hello".to_owned()], 1));

    let refused = |input: serde_json::Value| TestActor::<Notes>::create_with(input).err().unwrap();
    assert_eq!(refused(serde_json::json!({"first": ""})).group(), "user");
    let wrong = refused(serde_json::json!({"first": 1}));
    assert_eq!((wrong.group(), wrong.code()), ("validation", "invalid_input"));
}

#[test]
fn the_state_is_saved_when_it_changed() {
    let mut notes = notes();
    assert_eq!(notes.state_writes(), 1);
    assert_eq!(notes.call::<usize>("add", ("a", 2)).unwrap(), 2);
    assert_eq!(notes.state_writes(), 2);
    notes.call::<usize>("add", ("a", 0)).unwrap();
    notes.call::<(Vec<String>, u32)>("read", ()).unwrap();
    assert_eq!(notes.state_writes(), 2, "neither of them changed anything");

    notes.restart().unwrap();
    assert_eq!(notes.state_writes(), 2);
    let (lines, reads) = notes.call::<(Vec<String>, u32)>("read", ()).unwrap();
    assert_eq!((lines.len(), reads), (2, 1), "the skipped field is not durable");
}

#[test]
fn an_error_is_an_answer_that_undoes_nothing() {
    let mut notes = notes();
    let error = notes.call::<()>("addThenFail", ["x"]).unwrap_err();
    assert_eq!((error.group(), error.code(), error.message()), ("user", "nope", "no"));
    assert_eq!(error.metadata(), Some(&[0x82, 1, 2][..]));
    assert_eq!(notes.saved_state::<Notes>().unwrap().lines, ["x"]);
}

#[test]
fn errors_say_what_is_wrong() {
    let mut notes = notes();
    let mut error = |action: &str, args: Value| -> String {
        notes.call::<Value>(action, args).map_err(|error: Error| error.to_string()).unwrap_err()
    };
    let args = |args: &[Value]| Value::Array(args.to_vec());
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(error("nope", args(&[])), "actor.action_not_found: Action `nope` was not found.");
    assert_eq!(error("secret", args(&[])), "actor.action_not_found: Action `secret` was not found.");
    assert_eq!(
        error("add", args(&[text("a"), text("b")])),
        "validation.invalid_arguments: argument 2 (`times`): invalid type: string \"b\", expected usize"
    );
    assert_eq!(
        error("add", args(&[])),
        "validation.invalid_arguments: argument 1 (`line`) is missing: invalid type: null, expected a string"
    );
    assert_eq!(
        error("math.parse", args(&[text("x")])),
        "rivetkit.internal_error: invalid digit found in string"
    );
}

#[test]
fn the_response_hook_may_replace_the_output() {
    assert_eq!(notes().call::<(String, String)>("shout", ["a"]).unwrap(), ("A".to_owned(), "a".to_owned()));
}

#[test]
fn a_state_of_another_shape_stops_the_start() {
    #[derive(Default, Serialize, Deserialize)]
    struct Now {
        count: u8,
    }
    #[actor(name = "now")]
    impl Now {
        pub fn set(&mut self, count: u8) {
            self.count = count;
        }
    }
    #[derive(Default, Serialize, Deserialize)]
    struct Then {
        count: String,
    }
    #[actor(name = "now")]
    impl Then {}

    let mut now = TestActor::<Now>::create().unwrap();
    now.call::<()>("set", [7]).unwrap();
    let error = now.upgrade::<Then>().err().unwrap();
    assert_eq!(error.code(), "internal_error");
    assert!(error.message().contains("give a new field #[serde(default)]"), "{error}");
}
