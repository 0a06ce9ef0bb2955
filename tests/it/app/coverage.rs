//! What a run covers, and what it does not.

use std::io::Write as _;

/// Says something that the test runner does not swallow.
pub fn announce(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says that a variable is missing, and with it a part of the tests. Where
/// everything must be covered (`TEST_REQUIRE_ALL`), that is a failure.
pub fn not_covered(variable: &str) {
    assert!(
        std::env::var_os("TEST_REQUIRE_ALL").is_none(),
        "{variable} is not set; eval \"$(.ci/databases)\" sets it"
    );
    announce(&format!("not covered: {variable} is not set"));
}
