//! What a step is given.

use std::cell::Cell;
use std::ops::Deref;
use std::rc::Rc;

use super::location::Location;
use crate::host::identity;
use crate::instance::Instance;
use crate::{Actor, Ctx, Result, This};

/// What a step of a workflow may use: the actor's surroundings, to which it derefs, and the actor itself.
pub struct Step<A> {
    ctx: Ctx,
    this: This<A>,
    id: String,
    /// How many times it stands in line for the actor.
    in_line: Cell<u32>,
}

/// Counts as standing in line as long as it is there.
struct InLine<'a>(&'a Cell<u32>);

impl<A: Actor> Step<A> {
    pub(super) fn new(instance: Rc<Instance<A>>, location: &Location) -> Self {
        let id = format!("{}/{location}", identity::actor_id());
        Self { ctx: Ctx::new(None, None), this: This::new(instance), id, in_line: Cell::new(0) }
    }

    /// A text that this step has in all of its attempts, and no other step of any actor: for others who are to do something
    /// once.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Looks at the actor, once no `&mut self` action is using it.
    pub async fn read<R>(&self, look: impl FnOnce(&A) -> R) -> Result<R> {
        let _in_line = InLine::new(&self.in_line);
        self.this.read(look).await
    }

    /// Changes the actor, once nobody else is using it. The change stays even if the step fails after it.
    pub async fn update<R>(&self, change: impl FnOnce(&mut A) -> R) -> Result<R> {
        let _in_line = InLine::new(&self.in_line);
        self.this.update(change).await
    }

    /// Whether it waits until others leave the actor to it: that is none of its time.
    pub(super) fn is_in_line(&self) -> bool {
        self.in_line.get() > 0
    }
}

impl<'a> InLine<'a> {
    fn new(count: &'a Cell<u32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<A> Deref for Step<A> {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.ctx
    }
}

impl<A> std::fmt::Debug for Step<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Step").field(&self.id).finish()
    }
}
