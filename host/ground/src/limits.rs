//! Every bound of the host, in one place. Names end in their unit.
//!
//! Where a bound is Rivet's, its source is the limits table of `semantics.md` (rivetkit 2.3.19).

mod fetch;
mod sql;

pub use fetch::*;
pub use sql::*;

/// Characters in one component of an actor key (Rivet).
pub const KEY_COMPONENT_CHARS: usize = 128;
/// Bytes in a serialized actor key (Rivet).
pub const KEY_BYTES: usize = 1024;
/// Characters in an actor name (Rivet).
pub const ACTOR_NAME_CHARS: usize = 64;
/// Characters in a namespace.
pub const NAMESPACE_CHARS: usize = 64;
/// Characters in a component name.
pub const COMPONENT_NAME_CHARS: usize = 64;
/// Actors in one component.
pub const COMPONENT_ACTORS: usize = 256;

/// Bytes in the input of an actor (Rivet).
pub const INPUT_BYTES: usize = 4 << 20;
/// Bytes in the connection parameters (Rivet).
pub const CONN_PARAMS_BYTES: usize = 4 << 10;
/// Bytes in the body of an action call (Rivet: `maxIncomingMessageSize`).
pub const MESSAGE_IN_BYTES: usize = 65_536;
/// Bytes in the answer to an action call (Rivet: `maxOutgoingMessageSize`).
pub const MESSAGE_OUT_BYTES: usize = 1_048_576;
/// Bytes in a body of a management route other than an upload: an input in base64 and its envelope.
pub const MANAGEMENT_BODY_BYTES: usize = 6 << 20;
/// Bytes in an uploaded component.
pub const COMPONENT_BYTES: usize = 64 << 20;
/// Uploads that run at a time.
pub const UPLOADS: usize = 4;
/// Connections that are open at a time; those after them wait in the listener's backlog.
pub const CONNECTIONS: usize = 16_384;
/// How long a request may take to arrive, and how long an idle connection is kept, in milliseconds. Of an upload it
/// bounds each piece: the whole is bounded by its bytes and by how many uploads run.
pub const REQUEST_WAIT_MS: u64 = 60_000;
/// How long to leave a listener alone that cannot accept, in milliseconds.
pub const ACCEPT_RETRY_MS: u64 = 50;
/// Actors in one answer of a manager route.
pub const LIST_ACTORS: usize = 100;
/// Bytes in an integer on the wire. The time to write one in decimal grows with the square of its length.
pub const BIGINT_BYTES: usize = 1024;
/// Nesting depth of a value on the wire.
pub const VALUE_DEPTH: usize = 128;
/// Bytes in all headers of a request.
pub const REQUEST_HEAD_BYTES: usize = 64 << 10;

/// Bytes of state that are logged as a warning (Rivet recommends less).
pub const STATE_WARN_BYTES: usize = 128 << 10;
/// Bytes of state that are refused.
pub const STATE_BYTES: usize = 8 << 20;
/// Bytes in a KV key (Rivet).
pub const KV_KEY_BYTES: usize = 2048;
/// Bytes in a KV value (Rivet).
pub const KV_VALUE_BYTES: usize = 131_072;
/// Keys in one KV batch (Rivet).
pub const KV_BATCH_KEYS: usize = 128;
/// Bytes of keys and values in one KV batch put (Rivet: 976 KiB).
pub const KV_BATCH_BYTES: usize = 976 << 10;
/// Entries in one KV list (Rivet).
pub const KV_LIST_ENTRIES: usize = 16_384;
/// Bytes of keys and values that one KV list may return.
pub const KV_LIST_BYTES: usize = 16 << 20;
/// Bytes of KV keys and values in one actor (Rivet).
pub const KV_ACTOR_BYTES: u64 = 10 << 30;

/// Messages in the queue of one actor (Rivet: `maxQueueSize`).
pub const QUEUE_MESSAGES: u64 = 1_000;
/// The most that the option `maxQueueSize` may set.
pub const QUEUE_MESSAGES_MAX: u64 = 100_000;
/// Bytes in the body of a message of a queue (Rivet: `maxQueueMessageSize`).
pub const QUEUE_MESSAGE_BYTES: u64 = 65_536;
/// The most that the option `maxQueueMessageSize` may set (Rivet: 128 KiB).
pub const QUEUE_MESSAGE_BYTES_MAX: u64 = 131_072;
/// How many times a message is received in vain before it is a dead letter.
pub const QUEUE_ATTEMPTS: u64 = 5;
/// The most that the option `maxQueueAttempts` may set.
pub const QUEUE_ATTEMPTS_MAX: u64 = 1_000_000;
/// Bytes in the name of a queue.
pub const QUEUE_NAME_BYTES: usize = 1024;
/// Names in a filter of a queue.
pub const QUEUE_NAMES: usize = 128;
/// Bytes of names in the filters of all waits of one actor.
pub const QUEUE_FILTER_BYTES: usize = 64 << 10;
/// Senders of one actor that wait for their messages to be completed.
pub const SENDERS: usize = 1024;
/// Bytes of bodies after which one receive takes no more messages.
pub const QUEUE_RECEIVE_BYTES: usize = 16 << 20;
/// How long an actor that failed with messages left is left alone, in milliseconds, at first.
pub const LEFTOVERS_RETRY_MS: u64 = 1_000;
/// The most of that, in milliseconds.
pub const LEFTOVERS_RETRY_MAX_MS: u64 = 300_000;
/// Actors that failed so and are remembered; others are not left alone any longer than at first.
pub const LEFTOVERS_FAILED: usize = 10_000;
/// Actors with messages that are started at a time when the host starts.
pub const LEFTOVERS_STARTS: usize = 64;
/// Dead letters of one actor; the oldest go first.
pub const DEAD_LETTERS: usize = 1_000;
/// Bytes that one turn may write.
pub const TURN_WRITE_BYTES: usize = 32 << 20;
/// Bytes of them that are kept for the host's own rows and the heads of all rows.
pub const TURN_HOST_BYTES: usize = 64 << 10;
/// Operations of one actor that are pending at a time.
pub const PENDING_OPERATIONS: usize = 1024;
/// Calls of one actor that are waiting or running at a time.
pub const MAILBOX_CALLS: usize = 1024;
/// Bytes in the name of an action that one actor calls of another.
pub const ACTION_NAME_BYTES: usize = 1024;
/// Calls between actors of the host that wait for an answer at a time.
pub const ACTOR_CALLS: usize = 65_536;
/// Bytes of all that actors of the host ask each other and answer that are in memory at a time.
pub const ACTOR_CALLS_BYTES: usize = 512 << 20;
/// Bytes of an answer between actors up to which it does not count there: there are no more of these than of the calls.
pub const ACTOR_ANSWER_SMALL_BYTES: usize = 256;
/// Actors that the error of a call which would wait for itself names, beside the last one.
pub const ACTOR_CALL_CHAIN: usize = 32;
/// How many calls may be made each to answer the one before.
pub const ACTOR_CALL_DEPTH: usize = 64;
/// Calls that are looked at to see whether one more would wait for itself.
pub const ACTOR_CALLS_SEARCHED: usize = 4_096;
/// What one turn may say (events, messages, answers, operations), in number.
pub const TURN_EFFECTS: usize = 16_384;
/// Bytes that one turn may say to connections and raw requests.
pub const TURN_SAID_BYTES: usize = 64 << 20;
/// Calls of one connection that are waiting or running at a time; more of it waits with its client.
pub const CONNECTION_CALLS: usize = 256;
/// Turns of one actor that are not yet durable.
pub const UNCOMMITTED_TURNS: usize = 256;

/// How long a caller waits for an action, in milliseconds (Rivet).
pub const ACTION_TIMEOUT_MS: u64 = 60_000;
/// How long an actor may take to answer a start, in milliseconds (Rivet).
pub const START_TIMEOUT_MS: u64 = 30_000;
/// How long an actor has nothing to do before it goes to sleep, in milliseconds (Rivet).
pub const SLEEP_TIMEOUT_MS: u64 = 30_000;
/// How long an actor may take to go to sleep, in milliseconds (Rivet).
pub const SLEEP_GRACE_MS: u64 = 15_000;
/// The longest time-out that an option may set, in milliseconds: a year.
pub const OPTION_MS: u64 = 365 * 24 * 3_600_000;
/// Things that hold one actor up at a time.
pub const HOLDS: usize = 1024;
/// Starts that go on at a time: more of them wait their turn.
pub const STARTS: usize = 16;
/// Starts that wait for a place or for their turn; beyond it they are refused.
pub const STARTS_WAITING: usize = 16_384;
/// Actors that are sent to sleep at a time when room is needed.
pub const EVICTIONS: usize = 64;
/// How often it is looked whether room is still needed, in milliseconds.
pub const EVICT_EVERY_MS: u64 = 20;
/// How often a thread that has nothing to do gives memory back, in milliseconds.
pub const COLLECT_EVERY_MS: u64 = 1_000;
/// How long actors have to say what keeps them awake, in milliseconds.
pub const AWAKE_ANSWER_MS: u64 = 1_000;
/// Bytes of an instance's memory in a snapshot, uncompressed: no actor has more.
pub const IMAGE_BYTES: usize = 2 << 30;
/// Bytes of one row of a snapshot.
pub const SNAPSHOT_ROW_BYTES: usize = 1 << 20;
/// Bytes of rows that are copied or kept in one commit when there are more than fit one turn.
pub const COPY_BYTES: usize = 8 << 20;
/// Bytes written but not yet folded from which on large snapshots wait: the turns of others must not.
pub const SNAPSHOT_UNFOLDED_BYTES: usize = 128 << 20;
/// How long a large snapshot waits for that, in milliseconds; then it is given up.
pub const SNAPSHOT_WAIT_MS: u64 = 10_000;
/// Bytes from which on compressing memory is left to a thread of its own.
pub const COMPRESS_ASIDE_BYTES: usize = 1 << 20;
/// Bytes of memory that an instance does not share with its siblings once it has started: an estimate, which what its
/// memories grow by is added to, and what they start with beyond [`INSTANCE_SHARED_BYTES`].
pub const INSTANCE_PRIVATE_BYTES: usize = 64 << 10;

/// How long an actor may take to answer `destroy`, in milliseconds (Rivet: the sleep grace period).
pub const DESTROY_GRACE_MS: u64 = 15_000;
/// How long the host waits for running turns when it shuts down, in milliseconds.
pub const SHUTDOWN_GRACE_MS: u64 = 20_000;
/// How long actors may take to fall asleep when the host shuts down, in milliseconds.
pub const SHUTDOWN_SLEEP_MS: u64 = 5_000;
/// Bytes of memories from which on an actor's snapshot may be large.
pub const LARGE_MEMORY_BYTES: usize = 4 << 20;
/// Large snapshots that are taken and written at a time.
pub const LARGE_SNAPSHOTS: usize = 2;

/// How long an actor may take to let a connection in, to allow a subscription, or to take leave of a connection, in
/// milliseconds (Rivet: `onConnectTimeout`).
pub const CONNECT_TIMEOUT_MS: u64 = 5_000;
/// Bytes in the name of an event.
pub const EVENT_NAME_BYTES: usize = 1024;
/// Events that one connection may subscribe to.
pub const SUBSCRIPTIONS: usize = 1024;
/// Bytes of state of one connection.
pub const CONNECTION_STATE_BYTES: usize = 32 << 10;
/// Bytes in the reason of a WebSocket close (RFC 6455 section 5.5: 125 with the code).
pub const CLOSE_REASON_BYTES: usize = 123;
/// Bytes in a message of a raw WebSocket, either way (Rivet).
pub const SOCKET_MESSAGE_BYTES: usize = 32 << 20;
/// Bytes that may always wait for one socket.
pub const OUTLET_SURE_BYTES: usize = 4 << 20;
/// Bytes that may wait for one socket while those for all sockets are within [`OUTLETS_BYTES`]; one more message and it
/// is closed.
pub const OUTLET_BYTES: usize = 64 << 20;
/// Messages that may wait for one socket.
pub const OUTLET_MESSAGES: usize = 32_768;
/// Bytes that may wait for all sockets together; above it those that have more than is sure are closed.
pub const OUTLETS_BYTES: usize = 512 << 20;
/// How long a socket or a connection may take nothing of what is written to it, in milliseconds.
pub const STALL_MS: u64 = 10_000;
/// Raw answers of one actor that are under way at a time.
pub const RAW_ANSWERS: usize = 1024;
/// With fewer connections than this a host is of no use.
pub const CONNECTIONS_MIN: u64 = 64;
/// Files, pipes and sockets that the host keeps for itself beside its connections.
pub const RESERVED_FILES: u64 = 256;
/// How often a silent socket is asked whether it is there, in milliseconds.
pub const PING_EVERY_MS: u64 = 10_000;
/// How long a socket may be silent before it counts as gone, in milliseconds.
pub const SILENCE_MS: u64 = 30_000;
/// How long the other side may take to answer a close, in milliseconds.
pub const CLOSE_WAIT_MS: u64 = 2_000;
/// Bytes in the body of a raw HTTP request (Rivet).
pub const REQUEST_BODY_BYTES: usize = 20 << 20;
/// Bytes of a raw HTTP answer that wait for a client that does not read (Rivet bounds the whole answer so).
pub const RESPONSE_BACKLOG_BYTES: usize = 20 << 20;
/// Bytes in the head of a raw HTTP answer.
pub const RESPONSE_HEAD_BYTES: usize = 64 << 10;

/// Schedules of one actor at a time, recurring ones included, unless its options say otherwise (Rivet: `maxSchedules`).
pub const SCHEDULES: u32 = 1_000;
/// The most that the option may say: they are counted, once an instance.
pub const SCHEDULES_MAX: u32 = 100_000;
/// The shortest interval of a recurring schedule, in milliseconds (Rivet).
pub const SCHEDULE_INTERVAL_MIN_MS: u64 = 5_000;
/// The latest time of a schedule, in milliseconds since the Unix epoch: what 48 bits hold, in the year 10889.
pub const SCHEDULE_TIME_MS: u64 = (1 << 48) - 1;
/// Bytes in the name of a recurring schedule (Rivet).
pub const SCHEDULE_NAME_BYTES: usize = 128;
/// Bytes in the name of a scheduled action.
pub const SCHEDULE_ACTION_BYTES: usize = 1_024;
/// Bytes in the arguments of a scheduled action, as of a call.
pub const SCHEDULE_ARGS_BYTES: usize = MESSAGE_IN_BYTES;
/// Bytes in a cron expression, and in the name of a time zone.
pub const SCHEDULE_EXPRESSION_BYTES: usize = 256;
/// Rows of history that a recurring schedule keeps, unless it says otherwise (Rivet).
pub const SCHEDULE_HISTORY_ROWS_DEFAULT: u32 = 100;
/// Rows of history that it may keep (Rivet).
pub const SCHEDULE_HISTORY_ROWS: u32 = 1_000;
/// Rows of history of one actor (Rivet).
pub const ACTOR_HISTORY_ROWS: u32 = 10_000;
/// Rows of history that a call gives unless it says otherwise (Rivet).
pub const HISTORY_LIST_ROWS: u32 = 20;
/// Bytes that the end of a scheduled run may take in its turn: texts and metadata of an error, each cut.
pub const HISTORY_ROW_BYTES: usize = 16 << 10;
/// Schedules that are due, which an actor that is awake has read ahead.
pub const SCHEDULES_AHEAD: usize = 64;
/// Bytes of them, but for the last.
pub const SCHEDULES_AHEAD_BYTES: usize = 16 << 10;
/// Bytes of rows that one look at an actor's schedules reads at a time.
pub const SCHEDULE_SCAN_BYTES: usize = 1 << 20;
/// Sleeping actors that are woken at a time because something is due.
pub const ALARM_STARTS: usize = 256;
/// Alarms that are looked at in one go.
pub const ALARM_ROWS: usize = 1_024;
/// How often they are at most looked for, in milliseconds.
pub const ALARM_EVERY_MS: u64 = 20;
/// How long a clock is trusted to go on as it did, in milliseconds: then what is due is looked at anew.
pub const ALARM_LOOK_MS: u64 = 60_000;
/// How long an actor is left alone that something is due for and that did not come to it, in milliseconds; twice as long each
/// further time, up to [`ALARM_RETRY_MAX_MS`].
pub const ALARM_RETRY_MS: u64 = 1_000;
/// The longest that it is left alone, in milliseconds.
pub const ALARM_RETRY_MAX_MS: u64 = 300_000;
/// Actors that are remembered as woken because something is due.
pub const ALARMS_TRIED: usize = 65_536;

/// Entries in the history of one actor's workflow.
pub const WORKFLOW_ENTRIES: usize = 16_384;
/// Bytes of them, their locations included: they are all read at a time.
pub const WORKFLOW_HISTORY_BYTES: usize = 16 << 20;
/// Bytes in one of them, and in how far a workflow is.
pub const WORKFLOW_VALUE_BYTES: usize = 256 << 10;
/// Segments of the location of an entry.
pub const WORKFLOW_SEGMENTS: usize = 64;
/// Bytes in a name among them.
pub const WORKFLOW_NAME_BYTES: usize = 256;

/// How often the epoch ticks, in milliseconds: how long a turn computes before it yields.
pub const EPOCH_TICK_MS: u64 = 5;
/// CPU time of one turn, in milliseconds.
pub const TURN_CPU_MS: u64 = 2_000;
/// How long a turn may wait in WASI calls altogether, in milliseconds: an actor must not block.
pub const TURN_WAIT_MS: u64 = 5_000;
/// Bytes of wasm stack of one instance.
pub const WASM_STACK_BYTES: usize = 512 << 10;
/// Bytes of all memories of one actor, unless the command line says otherwise.
pub const ACTOR_MEMORY_BYTES: usize = 128 << 20;
/// Table elements of one actor, all its tables together.
pub const ACTOR_TABLE_ELEMENTS: usize = 100_000;
/// Core instances in one component.
pub const COMPONENT_CORE_INSTANCES: usize = 24;
/// Memories in one component.
pub const COMPONENT_MEMORIES: usize = 4;
/// Tables in one component.
pub const COMPONENT_TABLES: usize = 8;
/// Mutable globals in all core instances of a component whose memory is to be kept.
pub const COMPONENT_GLOBALS: usize = 1_000;
/// Bytes of memory other than zeros that an instance may start with if its memory is to be kept: the host has a copy.
pub const BASE_BYTES: usize = 32 << 20;
/// Bytes of memory that instances start with and are taken to share.
pub const INSTANCE_SHARED_BYTES: usize = 16 << 20;
/// WASI resources (streams, pollables) that one instance may hold.
pub const INSTANCE_RESOURCES: usize = 1_024;
/// Bytes of a manifest.
pub const MANIFEST_BYTES: usize = 256 << 10;

/// Bytes in one line of a guest's log.
pub const LOG_LINE_BYTES: usize = 16 << 10;
/// Random bytes that one call of a guest gives.
pub const RANDOM_BYTES: u64 = 1 << 20;
/// Bytes of each text of a guest's making in a report: of a trap's message, a function's name, an error.
pub const REPORT_TEXT_BYTES: usize = 2 << 10;
/// Frames of a guest's stack in the report of a trap.
pub const TRAP_FRAMES: usize = 24;
/// Lines that one actor may log in a burst.
pub const LOG_BURST_LINES: u32 = 200;
/// Lines a second that one actor may log for long.
pub const LOG_LINES_PER_SECOND: u32 = 50;

/// Turns that one group commit takes.
pub const GROUP_TURNS: usize = 512;
/// Turns that wait for the journal; beyond it commits are refused.
pub const JOURNAL_QUEUE_TURNS: usize = 65_536;
/// How long a commit stays out of the database, in milliseconds.
pub const FOLD_AFTER_MS: u64 = 5_000;
/// Bytes of memory for pages of the database. Small, because behind it is the kernel's own cache, and what actors that sleep
/// have in the database is not to stay in memory.
pub const DATABASE_CACHE_BYTES: usize = 8 << 20;
/// Bytes of the journal after which it is folded into the database.
pub const JOURNAL_FOLD_BYTES: u64 = 64 << 20;
/// Bytes written but not yet folded; beyond it commits are refused.
pub const UNFOLDED_BYTES: usize = 512 << 20;

const _: () = assert!(KV_VALUE_BYTES + KV_KEY_BYTES < KV_BATCH_BYTES);
const _: () = assert!(KV_BATCH_BYTES < TURN_WRITE_BYTES && STATE_BYTES < TURN_WRITE_BYTES);
const _: () = assert!(QUEUE_MESSAGES <= QUEUE_MESSAGES_MAX && QUEUE_MESSAGE_BYTES <= QUEUE_MESSAGE_BYTES_MAX);
const _: () =
    assert!(QUEUE_MESSAGE_BYTES_MAX < MESSAGE_OUT_BYTES as u64 && QUEUE_ATTEMPTS <= QUEUE_ATTEMPTS_MAX);
const _: () = assert!(EPOCH_TICK_MS < TURN_CPU_MS);
const _: () = assert!(SHUTDOWN_SLEEP_MS < SHUTDOWN_GRACE_MS && SHUTDOWN_SLEEP_MS < SLEEP_GRACE_MS);
const _: () = assert!(SNAPSHOT_UNFOLDED_BYTES + COPY_BYTES < UNFOLDED_BYTES);
const _: () = assert!(SNAPSHOT_ROW_BYTES < COPY_BYTES && COPY_BYTES < TURN_WRITE_BYTES);
const _: () = assert!(TURN_WRITE_BYTES < UNFOLDED_BYTES);
const _: () = assert!(MESSAGE_IN_BYTES < MANAGEMENT_BODY_BYTES && INPUT_BYTES < MANAGEMENT_BODY_BYTES);
const _: () = assert!(MESSAGE_OUT_BYTES < OUTLET_SURE_BYTES && OUTLET_SURE_BYTES < OUTLET_BYTES);
const _: () = assert!(
    TURN_SAID_BYTES <= OUTLET_BYTES && TURN_EFFECTS < OUTLET_MESSAGES && OUTLET_BYTES < OUTLETS_BYTES
);
const _: () = assert!(SOCKET_MESSAGE_BYTES < TURN_SAID_BYTES && RESPONSE_BACKLOG_BYTES < TURN_SAID_BYTES);
const _: () = assert!(CONNECTION_CALLS < MAILBOX_CALLS);
const _: () = assert!(PING_EVERY_MS * 2 < SILENCE_MS);
const _: () = assert!(GROUP_TURNS <= JOURNAL_QUEUE_TURNS);
