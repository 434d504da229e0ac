use rivet_guest::actor;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor]
impl Counter {
    pub fn generic<T>(&self, value: T) {}

    pub fn by_value(self) {}

    pub fn new() -> Self {
        Self
    }

    pub fn borrowed(&self, name: &str) {}

    pub fn late(&self, name: String, ctx: &rivet_guest::Ctx) {}

    pub fn put_many(&self) {}

    #[action(name = "putMany")]
    fn again(&self) {}

    fn on_sleep(&self, ctx: &rivet_guest::Ctx, input: i64) {}
}

fn main() {}
