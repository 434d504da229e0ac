use rivet_guest::export;

struct Counter;

export!(Counter);

fn main() {}
