//! A wrong actor does not compile, and the error is about the author's line.
//!
//! After a change of the compiler: `TRYBUILD=overwrite cargo test -p rivet-guest --test compile_errors`,
//! then read the difference.

#[test]
fn errors_point_at_the_line_that_is_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
