use rivet_guest::actor;

struct Count;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor]
impl Counter {
    pub fn get(&self) -> Count {
        Count
    }
}

fn main() {}
