//! The ground that every room of the host stands on: names, limits, errors, time. No I/O.

mod actor_id;
mod budget;
mod cadence;
mod call;
mod clock;
mod connection;
mod error;
mod event;
mod fetch;
mod key;
pub mod limits;
mod manifest;
mod name;
mod options;
mod schedule_error;
mod text;

pub use actor_id::{ActorId, ParseActorIdError};
pub use budget::{Budget, Share};
pub use cadence::Cadence;
pub use call::{Access, Ask, Creation, Publish, Question, Target, Work};
pub use clock::{Clock, ManualClock, SystemClock};
pub use connection::{CloseReason, Connection, ConnectionId, ConnectionKind, RequestHead};
pub use error::ActorError;
pub use event::{CallId, Effect, Event, EventKind, MessageId, OperationId, Outcome, SocketMessage};
pub use fetch::{FetchRequest, Fetcher, Fetching};
pub use key::{ActorKey, KeyError};
pub use manifest::{ActorManifest, ActorOptions, Hooks, Manifest, ManifestError, SnapshotKind};
pub use name::{NameError, check_actor_name, check_component_name, check_namespace, name_prefix};
pub use options::{OptionOverride, ParseOptionError, check_options};
pub use schedule_error::ScheduleError;
pub use text::cut;
