use std::time::Duration;

use rivet_guest::{Ctx, actor};

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter {
    count: i64,
}

#[actor]
impl Counter {
    pub async fn increment(&mut self, ctx: &Ctx) {
        let count = &mut self.count;
        let _ = ctx.sleep(Duration::from_secs(1)).await;
        *count += 1;
    }
}

fn main() {}
