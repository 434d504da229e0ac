use rivet_guest::actor;

struct Amount;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[actor]
impl Counter {
    pub fn increment(&mut self, by: i64, amount: Amount) {
        let _ = (by, amount);
    }
}

fn main() {}
