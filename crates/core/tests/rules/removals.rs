//! What is left where records and groups were, for those who follow a user's changes, and how long.

use expect_test::{Expect, expect};

use crate::check;
use crate::support::given::{Given, setting};
use crate::support::language::{others, parse};

/// 30 days in seconds.
const MONTH: u64 = 2_592_000;

#[test]
fn a_record_leaves_a_removal() {
    check(
        "#0 bob: bits 1
         #1 @team: bits 1",
        "clock 200
         mark bob clear 1
         clock 300
         mark @team clear 1",
        expect![[r#"
            marked: [ok]
            marked: [ok]
            revision 7, changes since 0, next group 1, next record 2
            counted: 0 grouped, 0 marked, 0 records, 2 removals
            removed @team: at 300, rev 7
            removed bob: at 200, rev 6
        "#]],
    );
}

#[test]
fn a_record_made_again_takes_the_removals_place() {
    check(
        "#0 bob: bits 1
         removed carl",
        "mark carl set 1
         mark bob clear 1
         mark bob set 1",
        expect![[r#"
            marked: [ok]
            marked: [ok]
            marked: [ok]
            revision 8, changes since 0, next group 1, next record 3
            counted: 0 grouped, 2 marked, 2 records, 0 removals
            #1 carl: bits 1, at 100, rev 6
            #2 bob: bits 1, at 100, rev 8
        "#]],
    );
}

#[test]
fn a_record_that_nobody_saw_leaves_nothing() {
    check(
        "",
        "mark bob set 1, bob clear 1",
        expect![[r#"
        marked: [ok, ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
    // The older removal stays as it was.
    check(
        "removed bob: at 7, rev 3",
        "mark bob set 1, bob clear 1",
        expect![[r#"
        marked: [ok, ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 0 marked, 0 records, 1 removals
        removed bob: at 7, rev 3
    "#]],
    );
}

#[test]
fn a_record_removed_and_made_again_and_removed_leaves_one_removal() {
    check(
        "#0 bob: bits 1",
        "mark bob clear 1, bob set 1, bob clear 1",
        expect![[r#"
            marked: [ok, ok, ok]
            revision 6, changes since 0, next group 1, next record 2
            counted: 0 grouped, 0 marked, 0 records, 1 removals
            removed bob: at 100, rev 6
        "#]],
    );
}

#[test]
fn removals_are_invisible() {
    check(
        "removed bob
         removed @team",
        "page 0
         search bob @team
         mark bob clear 1
         create work
         change work: remove bob, remove @team
         delete work",
        expect![[r#"
            page, the last; groups: none
            found 0; groups: none
            marked: [ok]
            created 1: []
            changed 1: [ok, ok]
            deleted 1
            revision 7, changes since 0, next group 2, next record 0
            counted: 0 grouped, 0 marked, 0 records, 2 removals
            removed group 1, rev 7
            removed @team: at 10, rev 5
            removed bob: at 10, rev 5
        "#]],
    );
}

#[test]
fn old_removals_are_deleted_by_a_commit_that_reads_everything() {
    // One is older than 30 days, the other just that old.
    let commands = format!("clock {}\ndelete work", 10 + MONTH);
    check(
        "group 1 work
         removed bob: at 9, rev 3
         removed carl: at 10, rev 4",
        &commands,
        expect![[r#"
            deleted 1
            revision 6, changes since 3, next group 2, next record 0
            counted: 0 grouped, 0 marked, 0 records, 1 removals
            removed group 1, rev 6
            removed carl: at 10, rev 4
        "#]],
    );
}

#[test]
fn making_room_reads_everything_too() {
    let commands = format!("clock {}\nmark carl set 1", 11 + MONTH);
    check(
        "#0 @old: bits 1
         removed bob: at 10, rev 3
         limits marked 1
         disbanded @old",
        &commands,
        expect![[r#"
            marked: [ok]
            revision 6, changes since 3, next group 1, next record 2
            counted: 0 grouped, 1 marked, 1 records, 1 removals
            #1 carl: bits 1, at 2592011, rev 6
            removed @old: at 2592011, rev 6
        "#]],
    );
}

#[test]
fn nothing_is_deleted_by_a_call_that_changes_nothing() {
    let commands = format!("clock {}\npage 0\ndelete home\nmark dora set 1", 11 + MONTH);
    check(
        "removed bob: at 10, rev 3",
        &commands,
        expect![[r#"
        page, the last; groups: none
        refused: GroupUnknown
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 1 removals
        #0 dora: bits 1, at 2592011, rev 6
        removed bob: at 10, rev 3
    "#]],
    );
}

#[test]
fn removals_of_earlier_revisions_go_with_an_old_one() {
    // The clock went backwards between them: whoever was told of revision 4 must have been told of 3.
    let commands = format!("clock {}\ndelete work", 11 + MONTH);
    check(
        "group 1 work
         removed bob: at 5000, rev 3
         removed carl: at 10, rev 4
         removed dora: at 5000, rev 5",
        &commands,
        expect![[r#"
            deleted 1
            revision 6, changes since 4, next group 2, next record 0
            counted: 0 grouped, 0 marked, 0 records, 1 removals
            removed group 1, rev 6
            removed dora: at 5000, rev 5
        "#]],
    );
}

#[test]
fn removed_groups_are_remembered_up_to_32() {
    let mut given: String = (1..=31).map(|id| format!("removed group {id}, rev {id}\n")).collect();
    given = format!("revision 40\n{given}group 32 a\ngroup 33 b\n");
    let kept = |commands: &str| {
        let mut given = Given::new(&given);
        for line in commands.lines() {
            let (name, command) = parse(line);
            given.world.run(name, &command);
        }
        let head = given.world.snapshot("ann").expect("she was written").head;
        let ids: Vec<u32> = head.removed_groups.iter().map(|removed| removed.id.0).collect();
        (ids, head.changes_since.get())
    };
    assert_eq!(kept("delete b"), ((1..=31).chain([33]).collect(), 0));
    // The one removed in revision 1 is forgotten.
    assert_eq!(kept("delete b\ndelete a"), ((2..=31).chain([33, 32]).collect(), 1));
}

/// Ann with `count` removals, a second and a revision each, and what is left of them after `commands`.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "tables read better without a reference")]
fn check_many(count: u64, commands: &str, expected: Expect) {
    let mut text = format!("revision {count}\ngroup 1 work\n#0 bob: in 1, bits 1\n#1 carl: bits 1\n");
    text.extend((1..=count).map(|n| format!("removed u{n}: at {n}, rev {n}\n")));
    let mut given = Given::new(&text);
    let mut shown = String::new();
    for line in commands.lines().map(str::trim) {
        if setting(&mut given.world, line) {
            continue;
        }
        let (name, command) = parse(line);
        others(&command).iter().for_each(|other| given.suppose(other));
        let outcome = given.world.run(name, &command);
        let snapshot = given.world.snapshot(name).expect("she was written");
        let revisions = snapshot.removals.values().map(|removal| removal.revision.get());
        shown += &format!(
            "read {:?}; revision {}, {} removals, oldest of {:?}, changes since {}\n",
            outcome.reads,
            snapshot.revision,
            snapshot.head.removals,
            revisions.min(),
            snapshot.head.changes_since,
        );
    }
    expected.assert_eq(&shown);
}

#[test]
fn a_thousand_removals_are_kept() {
    check_many(
        999,
        "mark carl clear 1",
        expect![[r#"
        read Named; revision 1000, 1000 removals, oldest of Some(1), changes since 0
    "#]],
    );
}

#[test]
fn one_more_makes_half_of_them_go() {
    check_many(
        1000,
        "mark carl clear 1
         mark bob clear 1",
        expect![[r#"
            read Whole; revision 1001, 500 removals, oldest of Some(502), changes since 501
            read Named; revision 1002, 500 removals, oldest of Some(502), changes since 501
        "#]],
    );
}

#[test]
fn only_what_is_removed_counts() {
    // Carl's is the thousandth; bob's, when the last of him goes, is one more.
    check_many(
        999,
        "mark carl clear 1\nchange work: remove bob\nmark bob clear 1",
        expect![[r#"
            read Named; revision 1000, 1000 removals, oldest of Some(1), changes since 0
            read Named; revision 1001, 1000 removals, oldest of Some(1), changes since 0
            read Whole; revision 1002, 500 removals, oldest of Some(502), changes since 501
        "#]],
    );
    check_many(
        1000,
        "delete work",
        expect![[r#"
        read Whole; revision 1001, 1000 removals, oldest of Some(1), changes since 0
    "#]],
    );
}

#[test]
fn too_many_removals_at_once_go_together() {
    // Those of one revision are not told apart, so all go.
    let mut text = "group 1 work\n".to_owned();
    text.extend((0..1000).map(|n| format!("#{n} u{n}: in 1\n")));
    text += "removed older: at 10, rev 3\n";
    let mut given = Given::new(&text);
    let (name, command) = parse("delete work");
    given.world.run(name, &command);
    let snapshot = given.world.snapshot(name).expect("she was written");
    assert_eq!((snapshot.records.len(), snapshot.removals.len()), (0, 0));
    assert_eq!(snapshot.head.changes_since.get(), 6);
}
