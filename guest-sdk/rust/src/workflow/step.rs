//! What a step is given.

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
}

impl<A: Actor> Step<A> {
    pub(super) fn new(instance: Rc<Instance<A>>, location: &Location) -> Self {
        let id = format!("{}/{location}", identity::actor_id());
        Self { ctx: Ctx::new(None, None), this: This::new(instance), id }
    }

    /// A text that this step has in all of its attempts, and no other step of any actor: for others who are to do something
    /// once.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Looks at the actor, once no `&mut self` action is using it.
    pub async fn read<R>(&self, look: impl FnOnce(&A) -> R) -> Result<R> {
        self.this.read(look).await
    }

    /// Changes the actor, once nobody else is using it. The change stays even if the step fails after it.
    pub async fn update<R>(&self, change: impl FnOnce(&mut A) -> R) -> Result<R> {
        self.this.update(change).await
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
