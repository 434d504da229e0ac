//! Lets who comes wait: calls until they are let go, raw requests for ever. It has no hook for connections.

use std::future::pending;

use rivet_guest::{Ctx, Request, Response, Result, actor};
use serde::{Deserialize, Serialize};

use crate::latch::Latch;

#[derive(Default, Serialize, Deserialize)]
pub struct WaitingRoom {
    #[serde(skip)]
    latch: Latch,
}

#[actor]
impl WaitingRoom {
    /// Answers `hello`; below `/forever` it does not come to an end of that.
    fn on_request(&self, request: Request) -> Response {
        if request.path() != "/forever" {
            return Response::text("hello");
        }
        Response::new(200).stream(|mut body| async move {
            body.write("hello").await?;
            pending().await
        })
    }

    pub fn hello(&self) -> String {
        "hello".to_owned()
    }

    /// Answers when somebody has called `let_go`.
    pub async fn wait(&self) -> String {
        self.latch.opened().await;
        "let go".to_owned()
    }

    /// How many calls of `wait` are under way.
    pub fn waiting(&self) -> usize {
        self.latch.waiting()
    }

    pub fn let_go(&self) {
        self.latch.open();
    }

    /// Ends the actor.
    pub fn die(&self, ctx: &Ctx) -> Result<()> {
        ctx.destroy()
    }
}
