//! How much a user may keep, at the limit and over it.

use expect_test::expect;

use crate::check;
use crate::support::given::Given;
use crate::support::language::{others, parse};

#[test]
fn groups() {
    check(
        "group 1 work
         limits groups 2",
        "create home
         create play: bob
         create home: bob",
        expect![[r#"
            created 2: []
            refused: TooManyGroups { limit: 2 }
            created 2: [ok]
            revision 7, changes since 0, next group 3, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 6
            #0 bob: in 2, at 100, rev 7
        "#]],
    );
}

#[test]
fn a_deleted_group_makes_room_for_another() {
    check(
        "group 1 work
         limits groups 1",
        "create home
         delete work
         create home",
        expect![[r#"
            refused: TooManyGroups { limit: 1 }
            deleted 1
            created 2: []
            revision 7, changes since 0, next group 3, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 2 home, rev 7
            removed group 1, rev 6
        "#]],
    );
}

#[test]
fn group_names_are_measured_in_bytes() {
    // Decision 1: an é has two bytes, a 家 has three.
    check(
        "limits name 8",
        "create 12345678
         create 123456789
         create éééé
         create éééé1
         create 家家12
         create 家家123
         create 家家家
         rename éééé to ééééé
         rename éééé to 1234567é
         rename éééé to 123456é",
        expect![[r#"
            created 1: []
            refused: GroupNameTooLong { limit: 8 }
            created 2: []
            refused: GroupNameTooLong { limit: 8 }
            created 3: []
            refused: GroupNameTooLong { limit: 8 }
            refused: GroupNameTooLong { limit: 8 }
            refused: GroupNameTooLong { limit: 8 }
            refused: GroupNameTooLong { limit: 8 }
            renamed 2
            revision 9, changes since 0, next group 4, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 12345678, rev 6
            group 2 123456é, rev 9
            group 3 家家12, rev 8
        "#]],
    );
}

#[test]
fn conversations_in_groups() {
    // Decision 8: distinct conversations of all groups together. Decision 9: per item.
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1
         limits grouped 2",
        "change home: add bob, add carl, add dora, add @team, add carl
         create home: emil bob",
        expect![[r#"
            changed 2: [ok, ok, TooManyGrouped { limit: 2 }, TooManyGrouped { limit: 2 }, ok]
            created 2: [TooManyGrouped { limit: 2 }, ok]
            revision 6, changes since 0, next group 3, next record 2
            counted: 2 grouped, 0 marked, 2 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 5
            #0 bob: in 1 2, at 100, rev 6
            #1 carl: in 2, at 100, rev 6
        "#]],
    );
}

#[test]
fn conversations_with_marks() {
    // Decision 8: marks and custom marks in one pot.
    check(
        "#0 bob: bits 1
         limits marked 2",
        "mark bob custom x, carl custom x, carl set 1, dora set 1, emil custom x",
        expect![[r#"
            marked: [ok, ok, ok, TooManyMarked { limit: 2 }, TooManyMarked { limit: 2 }]
            revision 6, changes since 0, next group 1, next record 2
            counted: 0 grouped, 2 marked, 2 records, 0 removals
            #0 bob: bits 1, custom x, at 100, rev 6
            #1 carl: bits 1, custom x, at 100, rev 6
        "#]],
    );
}

#[test]
fn groups_and_marks_are_counted_apart() {
    // Decision 8.
    check(
        "group 1 work
         #0 bob: in 1
         #1 carl: bits 1
         limits grouped 1, marked 1",
        "mark bob set 1
         change work: add carl
         mark carl clear 1, bob set 1
         change work: remove bob, add carl",
        expect![[r#"
            marked: [TooManyMarked { limit: 1 }]
            changed 1: [TooManyGrouped { limit: 1 }]
            marked: [ok, ok]
            changed 1: [ok, ok]
            revision 7, changes since 0, next group 2, next record 3
            counted: 1 grouped, 1 marked, 2 records, 0 removals
            group 1 work, rev 5
            #0 bob: bits 1, at 100, rev 7
            #2 carl: in 1, at 100, rev 7
        "#]],
    );
}

#[test]
fn items_that_change_nothing_fit_in_always() {
    // Decision 58.
    check(
        "group 1 work
         #0 bob: in 1, bits 1
         limits grouped 1, marked 1",
        "change work: add bob, remove carl
         mark bob set 1, carl clear 1, carl, dora custom \"\"",
        expect![[r#"
            changed 1: [ok, ok]
            marked: [ok, ok, ok, ok]
            nothing changed
        "#]],
    );
}

#[test]
fn an_item_may_use_the_room_that_another_made() {
    // Decisions 9 and 14: in order.
    check(
        "group 1 work
         #0 bob: in 1
         limits grouped 1",
        "change work: add carl, remove bob, add carl, add bob",
        expect![[r#"
            changed 1: [TooManyGrouped { limit: 1 }, ok, ok, TooManyGrouped { limit: 1 }]
            revision 6, changes since 0, next group 2, next record 2
            counted: 1 grouped, 0 marked, 1 records, 1 removals
            group 1 work, rev 5
            #1 carl: in 1, at 100, rev 6
            removed bob: at 100, rev 6
        "#]],
    );
}

#[test]
fn one_who_does_not_exist_is_refused_before_the_limit_is_met() {
    // Decision 57.
    check(
        "group 1 work
         #0 bob: in 1, bits 1
         limits grouped 1, marked 1
         absent carl @team",
        "change work: add carl, add @team
         mark carl set 1, @team set 1",
        expect![[r#"
            changed 1: [PeerUnknown, ChatGroupUnknown]
            marked: [PeerUnknown, ChatGroupUnknown]
            nothing changed
        "#]],
    );
}

#[test]
fn a_lowered_limit_takes_nothing_away() {
    check(
        "group 1 longer
         group 2 home
         #0 bob: in 1, bits 1
         #1 carl: in 2, bits 1
         limits groups 1, grouped 1, marked 1, name 4",
        "create play
         change longer: add carl, add dora
         mark bob set 2, dora set 1
         rename longer to work
         delete home
         create play",
        expect![[r#"
            refused: TooManyGroups { limit: 1 }
            changed 1: [ok, TooManyGrouped { limit: 1 }]
            marked: [ok, TooManyMarked { limit: 1 }]
            renamed 1
            deleted 2
            refused: TooManyGroups { limit: 1 }
            revision 9, changes since 0, next group 3, next record 2
            counted: 2 grouped, 2 marked, 2 records, 0 removals
            group 1 work, rev 8
            removed group 2, rev 9
            #0 bob: in 1, bits 1 2, at 100, rev 7
            #1 carl: in 1, bits 1, at 100, rev 9
        "#]],
    );
}

#[test]
fn a_limit_of_nothing() {
    check(
        "limits groups 0, grouped 0, marked 0",
        "create work: bob
         mark bob set 1
         mark bob clear 1",
        expect![[r#"
            refused: TooManyGroups { limit: 0 }
            marked: [TooManyMarked { limit: 0 }]
            marked: [ok]
            nothing changed
        "#]],
    );
}

#[test]
fn numbers_run_out() {
    // Record numbers and group ids fit into signed 32-bit integers, and so does the one past the last.
    check(
        "next group 2147483646
         next record 2147483646",
        "create work: bob carl
         create home
         mark bob set 1, dora set 1
         page 2147483646",
        expect![[r#"
            created 2147483646: [ok, RecordNumbersUsedUp]
            refused: GroupIdsUsedUp
            marked: [ok, RecordNumbersUsedUp]
            page, the last; groups: 2147483646 work
              #2147483646 bob: in 2147483646, bits 1, at 100
            revision 7, changes since 0, next group 2147483647, next record 2147483647
            counted: 1 grouped, 1 marked, 1 records, 0 removals
            group 2147483646 work, rev 6
            #2147483646 bob: in 2147483646, bits 1, at 100, rev 7
        "#]],
    );
}

#[test]
fn twenty_groups_by_default() {
    let groups: String = (1..=19).map(|id| format!("group {id} g{id}\n")).collect();
    assert_eq!(
        answers(&groups, "create a\ncreate b\ncreate a"),
        ["created 20: []", "refused: TooManyGroups { limit: 20 }", "created 20: []"]
    );
}

#[test]
fn sixty_four_bytes_of_a_name_by_default() {
    // Decision 1.
    let (longest, longer) = ("é".repeat(32), format!("{}a", "é".repeat(32)));
    assert_eq!(
        answers("", &format!("create {longest}\ncreate {longer}")),
        ["created 1: []", "refused: GroupNameTooLong { limit: 64 }"]
    );
}

#[test]
fn a_thousand_conversations_in_groups_by_default() {
    // Decision 8.
    let mut given = "group 1 work\ngroup 2 home\n".to_owned();
    given.extend((0..999).map(|n| format!("#{n} u{n}: in {}\n", n % 2 + 1)));
    assert_eq!(
        answers(&given, "change work: add a, add b, add u0, add u1"),
        ["changed 1: [ok, TooManyGrouped { limit: 1000 }, ok, ok]"]
    );
}

#[test]
fn a_thousand_conversations_with_marks_by_default() {
    // Decision 8.
    let given: String = (0..999).map(|n| format!("#{n} u{n}: {}\n", ["bits 1", "custom x"][n % 2])).collect();
    assert_eq!(
        answers(&given, "mark a set 1, b custom x, u0 custom x, u1 set 63"),
        ["marked: [ok, TooManyMarked { limit: 1000 }, ok, ok]"]
    );
}

/// What `commands` answer, where the state is too large to be shown.
fn answers(given: &str, commands: &str) -> Vec<String> {
    let mut given = Given::new(given);
    let mut answers = Vec::new();
    for line in commands.lines() {
        let (name, command) = parse(line);
        for other in others(&command) {
            given.suppose(other);
        }
        let answer = given.world.run(name, &command).answer;
        answers.push(answer.to_string().trim_end().to_owned());
    }
    answers
}
