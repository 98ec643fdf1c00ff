//! The rules as tables: a state, commands, and what they answer and leave behind.
//!
//! Cases that settle what the protocol leaves open carry the number of the decision, as `decision 27`.

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod apply;
mod changes;
mod chat_groups;
mod corrupt;
mod delete;
mod devices;
mod groups;
mod images;
mod layouts;
mod limits;
mod lookups;
mod marks;
mod members;
mod once;
mod removals;
mod room;

use expect_test::Expect;

use crate::support::given::{Given, setting};
use crate::support::language::{others, parse};
use crate::support::world::World;

/// Carries out `commands`, a line each, in the state that `given` describes, and compares their answers and the last
/// subject's state. Lines that change settings may stand between commands.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "tables read better without a reference")]
fn check(given: &str, commands: &str, expected: Expect) {
    let mut given = Given::new(given);
    let mut shown = String::new();
    let mut last = "";
    let before = given.world.clone();
    for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if setting(&mut given.world, line) {
            continue;
        }
        let (subject, command) = parse(line);
        for other in others(&command) {
            given.suppose(other);
        }
        let outcome = given.world.run(subject, &command);
        let results = outcome.answer.results().len();
        assert!(results == 0 || results == others(&command).len(), "one result an item");
        shown += &outcome.answer.to_string();
        last = subject;
    }
    expected.assert_eq(&(shown + &state(&before, &given.world, last)));
}

fn state(before: &World, after: &World, name: &str) -> String {
    if before.kept(name) == after.kept(name) {
        return "nothing changed\n".to_owned();
    }
    if let Some(snapshot) = after.snapshot(name) {
        return snapshot.to_string();
    }
    format!("{:?}\n", after.chat_group(name).expect("it changed"))
}
