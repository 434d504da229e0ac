#![allow(unused)]

use rivet_guest::{Conn, Ctx, Request, actor};

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor]
impl Counter {
    async fn on_migrate(ctx: &Ctx) {}

    fn on_before_connect(&mut self, ctx: &Ctx, params: String) {}

    fn create_conn_state(&self, ctx: &Ctx, params: String) {}

    fn on_connect(&mut self, ctx: &Ctx, conn: &Conn) {}

    fn on_disconnect(&mut self, ctx: &Ctx) {}

    fn can_subscribe(&self, ctx: &Ctx, event: String) {}

    fn on_request(ctx: &Ctx, request: Request) -> String {
        String::new()
    }

    fn on_web_socket(&mut self, ctx: &Ctx, socket: rivet_guest::WebSocket) {}
}

fn main() {}
