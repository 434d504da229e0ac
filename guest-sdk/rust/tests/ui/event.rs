use rivet_guest::{Ctx, Event, actor};

#[derive(Event, serde::Serialize)]
enum Changed {
    Up,
}

#[derive(Event)]
#[event(text = "no")]
struct Named;

#[derive(serde::Serialize)]
struct NewCount(i64);

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor(events(NewCount))]
impl Counter {
    pub fn increment(&self, ctx: &Ctx) -> rivet_guest::Result<()> {
        ctx.broadcast(&NewCount(1))
    }
}

fn main() {}
