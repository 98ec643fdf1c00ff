//! Random histories of a few users against a naive model of the protocol and against invariants that know nothing of
//! how the rules are written.
//!
//! A history is lines of the fixture's language, so a case that fails shrinks to a script that can be read, and that can
//! be pasted into a test of the rules. `PROPTEST_CASES` multiplies the work: its default is 256.

#[path = "../support/mod.rs"]
mod support;

mod feed;
mod follow;
mod lines;
mod naive;
mod paging;
mod run;

use proptest::prelude::*;

use crate::feed::Feed;
use crate::follow::Follow;
use crate::lines::{apply_lines, feed_line, line, page_script};
use crate::paging::page_through;
use crate::run::Run;
use crate::support::given::{Given, setting};
use crate::support::language::{others, parse};

/// Carl and one chat group are not known at first; every limit is within reach.
const PRELUDE: &str = "limits groups 3, grouped 3, marked 3, name 4
                       ann> import nick Ann
                       bob> import
                       @x> found Public X owner ann
                       @y> found Public Y";

/// `percent` of the cases that are asked for.
fn config(percent: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: (default.cases * percent / 100).max(1),
        // The largest states take a tenth of a second a step.
        max_shrink_iters: default.max_shrink_iters.min(400),
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config(200))]

    /// Every answer and every state is that of the naive model; see [`Run`] for what else is checked.
    #[test]
    fn histories(lines in prop::collection::vec(line(), 1..50)) {
        let mut run = Run::new();
        for line in PRELUDE.lines().map(str::trim).chain(lines.iter().map(String::as_str)) {
            run.line(line);
        }
        run.check_moves();
    }
}

proptest! {
    #![proptest_config(config(25))]

    /// Whoever turns the pages sees every record that is there throughout exactly once, in order.
    #[test]
    fn pages((given, between) in page_script()) {
        page_through(&given, &between);
    }
}

proptest! {
    #![proptest_config(config(10))]

    /// Changes can be told from every revision that the head promises, also where removals and removed groups are as
    /// many as are kept.
    #[test]
    fn feeds_near_their_bounds(
        removals in 985_u64..=1000,
        removed_groups in 31_u64..=32,
        lines in prop::collection::vec(feed_line(), 1..20),
    ) {
        let mut given = Given::new(&seed(removals, removed_groups));
        let mut feed = Feed::default();
        feed.follow(given.world.snapshot("ann").as_ref(), None);
        for line in &lines {
            if setting(&mut given.world, line) {
                continue;
            }
            let (name, command) = parse(line);
            others(&command).iter().for_each(|other| given.suppose(other));
            let outcome = given.world.run(name, &command);
            feed.follow(given.world.snapshot(name).as_ref(), outcome.changes.as_ref());
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// Whoever follows Ann by a cursor, from wherever and however slowly, comes to the present state.
    #[test]
    fn followers(steps in prop::collection::vec(follow::step(), 1..60)) {
        let mut follow = Follow::new(PRELUDE);
        for step in &steps {
            follow.step(step);
        }
        follow.end();
    }
}

proptest! {
    #![proptest_config(config(5))]

    /// The same where removals and removed groups are as many as are kept, so that they are forgotten on the way.
    #[test]
    fn followers_near_the_bounds(
        removals in 985_u64..=1000,
        removed_groups in 31_u64..=32,
        steps in prop::collection::vec(follow::step_near_bounds(), 1..20),
    ) {
        let mut follow = Follow::given(&seed(removals, removed_groups));
        for step in &steps {
            follow.step(step);
        }
        follow.end();
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// Commands carried out together do what they do one after the other, or nothing.
    #[test]
    fn applied_together(lines in prop::collection::vec(line(), 1..20), together in apply_lines()) {
        let mut world = Run::new();
        for line in PRELUDE.lines().map(str::trim).chain(lines.iter().map(String::as_str)) {
            world.line(line);
        }
        world.check_apply(&together);
    }
}

/// Ann with as many removals and removed groups, one a revision, and forty records.
fn seed(removals: u64, removed_groups: u64) -> String {
    let mut text = "revision 2000\nlimits groups 3\ngroup 900 a\n".to_owned();
    text.extend((0..removals).map(|n| format!("removed gone{n}: at {}, rev {}\n", n * 1_000, n + 1)));
    text.extend((1..=removed_groups).map(|n| format!("removed group {n}, rev {n}\n")));
    text.extend((0..40).map(|n| format!("#{n} u{n}: in 900, bits {n}\n")));
    text
}
