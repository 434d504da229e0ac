use rivet_guest::testing::{Ask, TestActor};
use rivet_guest::{Error, UserError};

use crate::Bank;

/// An account with some money.
fn account(balance: i64) -> TestActor<Bank> {
    let mut bank = TestActor::create().unwrap();
    bank.call::<i64>("deposit", [balance]).unwrap();
    bank
}

fn balance(bank: &mut TestActor<Bank>) -> i64 {
    bank.call("balance", ()).unwrap()
}

/// The next thing that the other account is asked for, which must be this.
fn asked(bank: &mut TestActor<Bank>, action: &str) -> Ask {
    let ask = bank.next_ask().unwrap();
    assert_eq!((ask.name(), ask.action()), (Some("bank"), Some(action)));
    ask
}

fn user_error(code: &str) -> Error {
    UserError::new("no").with_code(code).into()
}

#[test]
fn money_leaves_and_arrives() {
    let mut bank = account(100);
    let call = bank.send("transfer", ("b", 30)).unwrap();
    assert_eq!(balance(&mut bank), 70);
    let ask = asked(&mut bank, "receive");
    assert_eq!(ask.key().unwrap(), ["b"]);
    assert_eq!(ask.args::<(String, u64, i64, u64)>().unwrap().2, 30);
    bank.answer_ask(ask, Ok(())).unwrap();
    assert_eq!(bank.answer::<i64>(call).unwrap().unwrap(), 70);
    assert_eq!(bank.call::<usize>("pending", ()).unwrap(), 0);
}

#[test]
fn nobody_sends_more_than_there_is_or_less_than_nothing() {
    let mut bank = account(100);
    for (amount, code) in [(101, "insufficient_funds"), (0, "invalid_amount"), (-1, "invalid_amount")] {
        let refused = bank.call::<i64>("transfer", ("b", amount)).unwrap_err();
        assert_eq!((refused.group(), refused.code()), ("user", code));
    }
    assert!(bank.next_ask().is_none());
    assert_eq!(balance(&mut bank), 100);
}

#[test]
fn money_that_is_refused_comes_back() {
    let mut bank = account(100);
    let call = bank.send("transfer", (["b", "c"], 30)).unwrap();
    let ask = asked(&mut bank, "receive");
    bank.answer_ask(ask, Err::<(), _>(user_error("too_much"))).unwrap();
    let ask = asked(&mut bank, "revoke");
    bank.answer_ask(ask, Ok(false)).unwrap();
    assert_eq!(bank.answer::<i64>(call).unwrap().unwrap_err().code(), "too_much");
    assert_eq!(balance(&mut bank), 100);
}

#[test]
fn money_that_had_arrived_before_does_not_come_back() {
    let mut bank = account(100);
    let call = bank.send("transfer", ("b", 30)).unwrap();
    let ask = asked(&mut bank, "receive");
    bank.answer_ask(ask, Err::<(), _>(user_error("too_much"))).unwrap();
    let ask = asked(&mut bank, "revoke");
    bank.answer_ask(ask, Ok(true)).unwrap();
    assert_eq!(bank.answer::<i64>(call).unwrap().unwrap(), 70);
}

#[test]
fn a_transfer_that_was_cut_off_is_sent_again_under_its_number() {
    let mut bank = account(100);
    bank.send("transfer", ("b", 30)).unwrap();
    let first: (String, u64, i64, u64) = asked(&mut bank, "receive").args().unwrap();
    bank.restart().unwrap();
    let ask = asked(&mut bank, "receive");
    assert_eq!(ask.args::<(String, u64, i64, u64)>().unwrap(), first);
    bank.answer_ask(ask, Ok(())).unwrap();
    assert_eq!((balance(&mut bank), bank.call::<usize>("pending", ()).unwrap()), (70, 0));
}

#[test]
fn money_that_is_revoked_comes_back_though_the_answer_is_lost() {
    let mut bank = account(100);
    bank.send("transfer", ("b", 30)).unwrap();
    let ask = asked(&mut bank, "receive");
    bank.answer_ask(ask, Err::<(), _>(user_error("too_much"))).unwrap();
    asked(&mut bank, "revoke");
    bank.restart().unwrap();
    // The other one knows that it has not arrived, however often it is asked.
    let ask = asked(&mut bank, "receive");
    bank.answer_ask(ask, Err::<(), _>(user_error("revoked"))).unwrap();
    let ask = asked(&mut bank, "revoke");
    bank.answer_ask(ask, Ok(false)).unwrap();
    assert_eq!((balance(&mut bank), bank.call::<usize>("pending", ()).unwrap()), (100, 0));
}

#[test]
fn what_is_sent_twice_counts_once() {
    let mut bank = account(1);
    for (from, number, settled_below) in [("a", 1, 1), ("a", 1, 1), ("b", 1, 1), ("a", 2, 1)] {
        bank.call::<()>("receive", (from, number, 10, settled_below)).unwrap();
    }
    assert_eq!(balance(&mut bank), 31);
    assert!(bank.call::<bool>("revoke", ("a", 2, 2)).unwrap());
    // What was revoked is taken in no more, and stays revoked.
    for _ in 0..2 {
        assert!(!bank.call::<bool>("revoke", ("a", 3, 2)).unwrap());
        assert_eq!(bank.call::<()>("receive", ("a", 3, 10, 2)).unwrap_err().code(), "revoked");
    }
    // What comes late is settled already.
    assert_eq!(bank.call::<()>("receive", ("a", 1, 10, 1)).unwrap_err().code(), "revoked");
    assert_eq!(balance(&mut bank), 31);
}

#[test]
fn what_was_given_up_in_sleep_is_sent_again_beside_what_goes_on() {
    let mut bank = account(100);
    bank.send("transfer", ("b", 1)).unwrap();
    asked(&mut bank, "receive");
    bank.restart().unwrap();
    // `run` waits for the first; the second is given up when the actor sleeps.
    let first = asked(&mut bank, "receive");
    bank.send("transfer", ("c", 2)).unwrap();
    asked(&mut bank, "receive");
    bank.sleep().unwrap();
    bank.wake().unwrap();
    // What it waited for is lost with the sleep; the other one may have taken it in all the same.
    drop(first);
    bank.advance(std::time::Duration::from_secs(1));
    let first = asked(&mut bank, "receive");
    assert_eq!(first.key().unwrap(), ["b"]);
    bank.answer_ask(first, Ok(())).unwrap();
    bank.advance(std::time::Duration::from_secs(1));
    let second = asked(&mut bank, "receive");
    assert_eq!(second.key().unwrap(), ["c"]);
    bank.answer_ask(second, Ok(())).unwrap();
    bank.advance(std::time::Duration::from_secs(10));
    assert_eq!((balance(&mut bank), bank.call::<usize>("pending", ()).unwrap()), (97, 0));
}

#[test]
fn who_sends_money_hears_how_that_ended_though_others_are_sent_again() {
    let mut bank = account(100);
    bank.send("transfer", ("b", 1)).unwrap();
    asked(&mut bank, "receive");
    bank.restart().unwrap();
    // `run` goes on with the first and waits; meanwhile a second is sent by its action alone.
    let first = asked(&mut bank, "receive");
    let call = bank.send("transfer", ("c", 2)).unwrap();
    let second = asked(&mut bank, "receive");
    bank.answer_ask(first, Ok(())).unwrap();
    bank.advance(std::time::Duration::from_secs(10));
    assert!(bank.next_ask().is_none());
    bank.answer_ask(second, Err::<(), _>(user_error("too_much"))).unwrap();
    let ask = asked(&mut bank, "revoke");
    bank.answer_ask(ask, Ok(false)).unwrap();
    assert_eq!(bank.answer::<i64>(call).unwrap().unwrap_err().code(), "too_much");
    assert_eq!(balance(&mut bank), 99);
}
