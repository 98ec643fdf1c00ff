//! The query string. What is accepted must come back when it is written as the client writes it.

#![no_main]

use foldmark_wire::query::{Query, write_query};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(query) = Query::parse(text) else { return };
    assert!(query.sdkappid != 0 && !query.identifier.is_empty());
    let written = write_query(query.sdkappid, &query.identifier, &query.usersig, 0);
    let again = Query::parse(&written);
    assert!(again.is_ok_and(|again| again == query), "{written}");
});
