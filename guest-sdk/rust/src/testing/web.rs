//! What the actor under test finds outside.

use super::TestActor;
use super::imports::HOST;
use crate::{Actor, Response};

/// A request of the actor to the outside, from [`crate::Ctx::fetch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFetch {
    /// The method.
    pub method: String,
    /// The URL, as the actor wrote it.
    pub url: String,
    /// The headers that the actor gave, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl<A: Actor> TestActor<A> {
    /// Answers the requests that the actor makes from now on with [`crate::Ctx::fetch`], or lets them fail with a code of the
    /// group `fetch`, such as `timed_out`. Without this, all of them fail with `fetch.denied`.
    pub fn on_fetch(
        &mut self,
        mut answer: impl FnMut(TestFetch) -> Result<Response, &'static str> + 'static,
    ) {
        HOST.with_borrow_mut(|host| {
            host.web.answers = Some(Box::new(move |request| {
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                answer(TestFetch {
                    method: request.method.clone(),
                    url: request.url.clone(),
                    headers: request
                        .headers
                        .iter()
                        .map(|(name, value)| (name.clone(), text(value)))
                        .collect(),
                    body: request.body.clone(),
                })
            }));
        });
    }
}
