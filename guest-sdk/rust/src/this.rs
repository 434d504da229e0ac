//! The actor, as its own `run` reaches it.

use std::rc::Rc;

use crate::Actor;
use crate::checkpoint::checkpoint;
use crate::instance::Instance;

/// The actor of a `run`, which goes on beside the actions: it gets in line for the actor as they do, each time that it
/// wants to look at it or to change it.
pub struct This<A>(Rc<Instance<A>>);

impl<A: Actor> This<A> {
    pub(crate) fn new(instance: Rc<Instance<A>>) -> Self {
        Self(instance)
    }

    /// Looks at the actor, once no `&mut self` action is using it.
    ///
    /// Fails before the actor has started, which `run` never is.
    pub async fn read<R>(&self, look: impl FnOnce(&A) -> R) -> crate::Result<R> {
        let actor = self.0.started()?.shared().await;
        Ok(look(&actor))
    }

    /// Changes the actor, once nobody else is using it. The state is saved with the turn.
    ///
    /// Fails before the actor has started, which `run` never is.
    pub async fn update<R>(&self, change: impl FnOnce(&mut A) -> R) -> crate::Result<R> {
        let mut actor = self.0.started()?.exclusive().await;
        let output = change(&mut actor);
        checkpoint(&*actor);
        Ok(output)
    }
}

impl<A> std::fmt::Debug for This<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("This")
    }
}
