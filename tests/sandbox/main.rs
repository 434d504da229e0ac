//! The sandbox by itself: what it does where this machine would not do it.

mod page_finders;
