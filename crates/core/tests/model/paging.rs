//! Turning the pages of a user's records while they change.

use std::collections::BTreeSet;

use foldmark_core::command::Command;

use crate::support::answer::{Answer, Shown};
use crate::support::given::Given;
use crate::support::language::{others, parse};
use crate::support::world::ANN;

/// Turns all pages of the user that `given` describes, with one of the commands `between` each page and the next.
pub(crate) fn page_through(given: &str, between: &[String]) {
    let mut given = Given::new(given);
    let mut throughout = visible(&given);
    let mut listed: Vec<Shown> = Vec::new();
    let mut between = between.iter();
    let mut start = 0;
    loop {
        let answer = given.world.run(ANN, &Command::GetPage { start }).answer;
        let Answer::Page { records, next, .. } = answer else {
            panic!("a page is a page");
        };
        let present = visible(&given);
        assert!(records.iter().all(|shown| present.contains(&key(shown))));
        listed.extend(records.iter().cloned());
        let Some(next) = next else { break };
        assert_eq!(records.len(), 100, "only the last page is short");
        assert_eq!(next, listed.last().map_or(0, |shown| shown.number) + 1);
        start = next.into();
        if let Some(line) = between.next() {
            let (name, command) = parse(line);
            others(&command).iter().for_each(|other| given.suppose(other));
            given.world.run(name, &command);
            throughout = throughout.intersection(&visible(&given)).cloned().collect();
        }
    }
    assert!(listed.is_sorted_by(|a, b| a.number < b.number), "each once, in order");
    let listed: BTreeSet<(u32, String)> = listed.iter().map(key).collect();
    assert!(throughout.is_subset(&listed), "no record is skipped");
}

/// The records that are there and not hidden.
fn visible(given: &Given) -> BTreeSet<(u32, String)> {
    let mut shown = given.world.snapshot(ANN).expect("she was described").shown();
    shown.retain(|shown| given.world.exists(&shown.name));
    shown.iter().map(key).collect()
}

fn key(shown: &Shown) -> (u32, String) {
    (shown.number, shown.name.clone())
}
