//! Much at once for one socket that reads: all of it arrives.

use std::collections::HashSet;

use serde_json::json;
use support::ToClient;

use crate::{host, keeper};

#[test]
fn long_answers_arrive_together() {
    let host = host();
    let mut link = keeper(&host, "a");
    let mut calls: HashSet<u64> = (0..12).map(|_| link.send_call("text", &json!([1_000_000]))).collect();
    while !calls.is_empty() {
        match link.receive() {
            ToClient::Answer(id, Ok(text)) => {
                assert_eq!(text.as_str().unwrap().len(), 1_000_000);
                assert!(calls.remove(&id), "{id} was answered twice");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(link.output("connCount", json!([])), 1, "the socket stays open");
}

#[test]
fn many_events_of_one_turn_arrive() {
    let host = host();
    let mut link = keeper(&host, "a");
    link.subscribe("tick");
    let call = link.send_call("burst", &json!([9_000]));
    for tick in 0..9_000 {
        assert_eq!(link.event("tick"), json!([tick]));
    }
    assert_eq!(link.receive(), ToClient::Answer(call, Ok(json!(9_000))));
    assert_eq!(link.output("connCount", json!([])), 1, "the socket stays open");
}
