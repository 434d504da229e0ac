#![allow(unused)]

use rivet_guest::{Conn, Request, Result, actor};

struct Visit;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor]
impl Counter {
    fn create_conn_state(&self) -> Visit {
        Visit
    }

    fn on_connect(&self, conn: u64) {}

    fn on_disconnect(&self, conn: Conn) -> Result<u64> {
        Ok(1)
    }

    fn can_subscribe(&self, event: String) -> i32 {
        0
    }

    fn on_request(&self, request: Request) -> String {
        String::new()
    }
}

fn main() {}
