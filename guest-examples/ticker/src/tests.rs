use std::time::Duration;

use rivet_guest::testing::TestActor;
use serde::Serialize;

use crate::{Status, Ticker};

fn status(ticker: &mut TestActor<Ticker>) -> Status {
    ticker.call("status", ()).unwrap()
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(100 * count)
}

fn ticker() -> TestActor<Ticker> {
    #[derive(Serialize)]
    struct Input {
        interval_ms: u64,
    }
    TestActor::create_with(Input { interval_ms: 100 }).unwrap()
}

#[test]
fn it_ticks_by_itself() {
    let mut ticker = ticker();
    ticker.advance(ticks(3));
    assert_eq!(status(&mut ticker), Status { ticks: 3, wakes: 0, cold_starts: 1 });
    assert!(ticker.is_running());
}

#[test]
fn sleep_keeps_every_tick() {
    let mut ticker = ticker();
    ticker.advance(ticks(13));
    ticker.sleep().unwrap();
    ticker.wake().unwrap();
    assert_eq!(status(&mut ticker), Status { ticks: 13, wakes: 1, cold_starts: 1 });
    ticker.advance(ticks(1));
    assert_eq!(status(&mut ticker).ticks, 14);
}

#[test]
fn a_cold_start_keeps_what_was_written_down() {
    let mut ticker = ticker();
    ticker.advance(ticks(13));
    ticker.restart().unwrap();
    assert_eq!(status(&mut ticker), Status { ticks: 10, wakes: 0, cold_starts: 2 });
    ticker.advance(ticks(1));
    assert_eq!(status(&mut ticker).ticks, 11);
}

#[test]
fn a_second_is_the_default() {
    let mut ticker = TestActor::<Ticker>::create().unwrap();
    ticker.advance(Duration::from_millis(999));
    assert_eq!(status(&mut ticker).ticks, 0);
    ticker.advance(Duration::from_millis(1));
    assert_eq!(status(&mut ticker).ticks, 1);
}
