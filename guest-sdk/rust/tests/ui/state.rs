use rivet_guest::actor;

#[derive(Default, serde::Deserialize)]
struct Counter {
    count: i64,
}

#[actor]
impl Counter {
    pub fn get(&self) -> i64 {
        self.count
    }
}

fn main() {}
