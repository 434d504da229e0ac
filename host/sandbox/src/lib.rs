//! Runs actor components: compiles them, checks what they import, gives each actor an instance of its
//! own with budgets, and lets one turn at a time into it.
//!
//! The only crate with wasmtime. It knows no sockets and no database: a turn reads and writes through
//! [`rivet_store::Overlay`], which only `iface` touches.

mod bindings;
mod budget;
mod cache;
mod code;
mod digest;
mod engine;
mod guest;
mod iface;
mod imports;
mod instance;
mod instrument;
mod log_lines;
mod program;
mod snapshot;
mod trap;
mod waits;
mod wasi;

pub use digest::{Digest, ParseDigestError};
pub use engine::{Sandbox, SandboxConfig};
pub use iface::{ActorView, Claim, Holds, Identity, QueueLimits, SchedulesView, Suspended, Turn};
pub use imports::{ImportRow, ImportTable};
pub use instance::Instance;
pub use program::{CompileError, Program};
pub use snapshot::{DamagedImage, Image, NoImage, RestoreError};
pub use trap::{Frame, Trap, TrapKind};
