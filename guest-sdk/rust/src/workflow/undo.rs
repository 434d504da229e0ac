//! The rollback handlers of steps.

use std::future::Future;
use std::pin::Pin;

use super::entry::Entry;
use super::location::Location;
use crate::Result;

/// A step that is completed and is to be undone: where it is, what it is, and how.
pub(crate) struct Undo {
    pub name: String,
    pub location: Location,
    pub entry: Entry,
    pub handler: Local<'static, Result<()>>,
}

/// A future that stays where it is.
pub(crate) type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
