//! A log of what happened to an actor, in memory and so over sleep.

use std::cell::RefCell;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub fn note(line: impl Into<String>) {
    LINES.with_borrow_mut(|lines| lines.push(line.into()));
}

pub fn lines() -> Vec<String> {
    LINES.with_borrow(Clone::clone)
}
