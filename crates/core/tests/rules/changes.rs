//! Following a user page by page, where it matters what is forgotten meanwhile.

use std::fmt::Write;

use expect_test::{Expect, expect};
use foldmark_core::command::{Command, Reads};
use foldmark_core::feed::Cursor;
use foldmark_core::subject::Revision;

use crate::support::answer::Answer;
use crate::support::given::Given;
use crate::support::language::parse;
use crate::support::world::{ANN, World};

const OLD: &str = "revision 90
                   forgotten 80
                   group 1 work, rev 3
                   removed group 2, rev 85
                   #0 bob: in 1, rev 3
                   #1 carl: bits 1, rev 2
                   #2 dora: bits 1, rev 88
                   removed erin: at 10, rev 84";

#[test]
fn everything_is_told_page_by_page_although_changes_are_forgotten() {
    told(
        OLD,
        &["", "", ""],
        expect![[r#"
        everything up to 3, more to come
          group 1 work, order 0
          #1 carl: bits 1, at 10
        changes up to 90
          #0 bob: in 1, at 10
          #2 dora: bits 1, at 10
        changes up to 90
    "#]],
    );
}

#[test]
fn what_is_removed_between_pages_is_told_and_what_was_told_is_not_again() {
    told(
        OLD,
        &["", "mark carl clear 1\nmark dora set 2", "delete work", ""],
        expect![[r#"
        everything up to 3, more to come
          group 1 work, order 0
          #1 carl: bits 1, at 10
        changes up to 91, more to come
          #0 bob: in 1, at 10
          no carl
        changes up to 93, more to come
          no group 1
          #2 dora: bits 1 2, at 100
        changes up to 93
          no bob
    "#]],
    );
}

#[test]
fn whoever_knows_the_present_is_told_so_from_the_head_alone() {
    let mut world = Given::new(OLD).world;
    let (end, _) = page(&mut world, None, 100);
    let outcome = world.run(ANN, &Command::GetChanges { from: Some(end), limit: 1 });
    assert_eq!(outcome.reads, Reads::Named);
    let (name, command) = parse("mark dora set 3");
    world.run(name, &command);
    let (_, text) = page(&mut world, Some(end), 100);
    expect![[r#"
        changes up to 91
          #2 dora: bits 1 3, at 100
    "#]]
    .assert_eq(&text);
}

#[test]
fn whoever_knows_too_little_or_too_much_begins_again() {
    let begins_again = |change: fn(&mut Cursor<'static>)| {
        let mut world = Given::new(OLD).world;
        let (mut cursor, _) = page(&mut world, None, 100);
        change(&mut cursor);
        page(&mut world, Some(cursor), 100).1.starts_with("everything")
    };
    assert!(!begins_again(|_| {}));
    assert!(begins_again(|cursor| cursor.incarnation += 1));
    assert!(begins_again(|cursor| cursor.revision = cursor.revision.next()));
    assert!(begins_again(|cursor| cursor.base = cursor.base.next()));
    let mut world = Given::new(OLD).world;
    for (revision, again) in [(79, true), (80, false), (89, false)] {
        let (end, _) = page(&mut world, None, 100);
        let from = Cursor { base: Revision::new(revision), revision: Revision::new(revision), ..end };
        let text = page(&mut world, Some(from), 100).1;
        assert_eq!(text.starts_with("everything"), again, "{text}");
    }
}

/// Pages of two changes each, with commands before each page.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "tables read better without a reference")]
fn told(given: &str, steps: &[&str], expected: Expect) {
    let mut given = Given::new(given);
    for name in ["bob", "carl", "dora"] {
        given.suppose(name);
    }
    let mut from = None;
    let mut shown = String::new();
    for step in steps {
        for line in step.lines() {
            let (name, command) = parse(line);
            given.world.run(name, &command);
        }
        let (cursor, text) = page(&mut given.world, from, 2);
        from = Some(cursor);
        let _ = write!(shown, "{text}");
    }
    expected.assert_eq(&shown);
}

fn page(world: &mut World, from: Option<Cursor<'static>>, limit: usize) -> (Cursor<'static>, String) {
    let answer = world.run(ANN, &Command::GetChanges { from, limit }).answer;
    let Answer::Changes(told) = &answer else { panic!("{answer}") };
    (told.cursor, answer.to_string())
}
