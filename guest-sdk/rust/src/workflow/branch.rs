//! What runs beside others.

use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_cbor::Value;

use super::entry::{from_value, to_value};
use super::flow::Workflow;
use super::undo::Local;
use crate::{Actor, Error, Result};

/// A branch of a join or a race; from [`Workflow::branch`].
#[must_use = "a branch does nothing until it is given to `join` or `race`"]
pub struct Branch<'a, A, T> {
    pub(super) name: String,
    progress: Progress<'a, A, T>,
}

enum Progress<'a, A, T> {
    New(Box<dyn FnOnce(Workflow<A>) -> Local<'a, Result<T>> + 'a>),
    Running(Local<'a, Result<T>>),
    Ended(Result<T>),
}

/// What [`Workflow::join`] takes: a tuple of two to four branches, or a `Vec` or an array of branches of one type. Its items
/// change without notice.
pub trait Branches<'a, A> {
    /// What the branches give together.
    type Output;

    /// All of them.
    #[doc(hidden)]
    fn all(&mut self) -> Vec<&mut dyn AnyBranch<A>>;

    /// What they gave. Fails if one of them has not.
    #[doc(hidden)]
    fn output(self) -> Result<Self::Output>;
}

/// A branch, whatever it gives.
#[doc(hidden)]
pub trait AnyBranch<A> {
    fn name(&self) -> &str;

    /// Begins, with a workflow of its own.
    fn start(&mut self, flow: Workflow<A>);

    /// Goes on. Its entry if it has come to its end by that.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Value>>;

    /// Ends with what it gave before, without being run.
    fn restore(&mut self, outcome: Result<Value>) -> Result<()>;

    fn is_running(&self) -> bool;

    /// What it has failed with, if it has.
    fn error(&self) -> Option<&Error>;
}

impl<'a, A, T> Branch<'a, A, T> {
    pub(super) fn new<F>(name: String, run: F) -> Self
    where
        F: AsyncFnOnce(&Workflow<A>) -> Result<T> + 'a,
        A: Actor,
    {
        let run = |flow: Workflow<A>| -> Local<'a, Result<T>> {
            Box::pin(async move {
                let output = run(&flow).await?;
                flow.engine.or_fault(flow.check_end()).await;
                Ok(output)
            })
        };
        Self { name, progress: Progress::New(Box::new(run)) }
    }

    /// What it gave. Fails if it has not.
    pub(super) fn output(self) -> Result<T> {
        match self.progress {
            Progress::Ended(output) => output,
            _ => Err(Error::internal(format_args!("the branch `{}` has not ended", self.name))),
        }
    }
}

impl<A: Actor, T: Serialize + DeserializeOwned> AnyBranch<A> for Branch<'_, A, T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn start(&mut self, flow: Workflow<A>) {
        let ended = Progress::Ended(Err(Error::internal("a branch is started twice")));
        if let Progress::New(run) = std::mem::replace(&mut self.progress, ended) {
            self.progress = Progress::Running(run(flow));
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Value>> {
        let Progress::Running(future) = &mut self.progress else { return Poll::Pending };
        let Poll::Ready(outcome) = Pin::new(future).poll(context) else { return Poll::Pending };
        let value = match &outcome {
            Ok(output) => to_value(output),
            Err(error) => Err(error.clone()),
        };
        self.progress = Progress::Ended(outcome);
        Poll::Ready(value)
    }

    fn restore(&mut self, outcome: Result<Value>) -> Result<()> {
        let output = outcome.map(|output| from_value(Some(output)));
        self.progress = Progress::Ended(match output {
            Ok(output) => Ok(output?),
            Err(error) => Err(error),
        });
        Ok(())
    }

    fn is_running(&self) -> bool {
        matches!(self.progress, Progress::Running(_))
    }

    fn error(&self) -> Option<&Error> {
        match &self.progress {
            Progress::Ended(Err(error)) => Some(error),
            _ => None,
        }
    }
}

impl<'a, A, T> Branches<'a, A> for Vec<Branch<'a, A, T>>
where
    A: Actor,
    T: Serialize + DeserializeOwned,
{
    type Output = Vec<T>;

    fn all(&mut self) -> Vec<&mut dyn AnyBranch<A>> {
        self.iter_mut().map(|branch| branch as _).collect()
    }

    fn output(self) -> Result<Vec<T>> {
        self.into_iter().map(Branch::output).collect()
    }
}

impl<'a, A, T, const N: usize> Branches<'a, A> for [Branch<'a, A, T>; N]
where
    A: Actor,
    T: Serialize + DeserializeOwned,
{
    type Output = Vec<T>;

    fn all(&mut self) -> Vec<&mut dyn AnyBranch<A>> {
        self.iter_mut().map(|branch| branch as _).collect()
    }

    fn output(self) -> Result<Vec<T>> {
        Vec::from(self).output()
    }
}

macro_rules! tuple {
    ($($branch:ident: $output:ident),+) => {
        impl<'a, A, $($output),+> Branches<'a, A> for ($(Branch<'a, A, $output>),+)
        where
            A: Actor,
            $($output: Serialize + DeserializeOwned,)+
        {
            type Output = ($($output),+);

            fn all(&mut self) -> Vec<&mut dyn AnyBranch<A>> {
                let ($($branch),+) = self;
                vec![$($branch),+]
            }

            fn output(self) -> Result<Self::Output> {
                let ($($branch),+) = self;
                Ok(($($branch.output()?),+))
            }
        }
    };
}

tuple!(a: T, b: U);
tuple!(a: T, b: U, c: V);
tuple!(a: T, b: U, c: V, d: W);

impl<A, T> std::fmt::Debug for Branch<'_, A, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Branch").field("name", &self.name).finish_non_exhaustive()
    }
}
