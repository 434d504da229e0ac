//! Parts of a workflow that may fail.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use super::failure::{BlockFailure, FailureSource};
use super::flow::Workflow;
use crate::{Actor, Result};

/// A part of a workflow that is to be awaited, and whose failure is a value.
#[must_use = "a block does nothing until it is awaited"]
pub struct BlockCall<'a, A, T, F> {
    flow: &'a Workflow<A>,
    name: String,
    run: F,
    catch: Vec<FailureSource>,
    output: PhantomData<T>,
}

impl<'a, A, T, F> BlockCall<'a, A, T, F> {
    pub(super) fn new(flow: &'a Workflow<A>, name: String, run: F) -> Self {
        let catch = vec![FailureSource::Step, FailureSource::Join, FailureSource::Race];
        Self { flow, name, run, catch, output: PhantomData }
    }

    /// Which failures are values; the others are errors. Those of steps, joins and races unless given,
    /// which that of a [`super::RollbackError`] is not.
    pub fn catch(mut self, sources: impl IntoIterator<Item = FailureSource>) -> Self {
        self.catch = sources.into_iter().collect();
        self
    }
}

impl<'a, A, T, F> IntoFuture for BlockCall<'a, A, T, F>
where
    A: Actor,
    T: 'a,
    F: AsyncFnOnce(&Workflow<A>) -> Result<T> + 'a,
{
    type Output = Result<Result<T, BlockFailure>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { flow, name, run, catch, .. } = self;
            let _place = flow.enter(&name).await;
            let inner = flow.within(flow.scope.beneath(flow.scope.location.name(&name)));
            match run(&inner).await {
                Ok(output) => {
                    flow.engine.or_fault(inner.check_end()).await;
                    Ok(Ok(output))
                }
                Err(error) => {
                    let failure = BlockFailure::new(&name, error);
                    if catch.contains(&failure.source) { Ok(Err(failure)) } else { Err(failure.error) }
                }
            }
        })
    }
}

impl<A, T, F> std::fmt::Debug for BlockCall<'_, A, T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCall").field("name", &self.name).finish_non_exhaustive()
    }
}
