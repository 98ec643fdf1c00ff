//! Deleting groups.

use expect_test::expect;

use crate::check;

#[test]
fn members_leave_and_keep_the_rest() {
    // Decision 56: the time of the members is new, that of the others is not. Decision 24: bob's record says nothing
    // any more.
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1
         #1 carl: in 1 2
         #2 dora: in 2
         #3 emil: in 1, bits 5
         #4 @team: in 1, custom x",
        "delete work",
        expect![[r#"
            deleted 1
            revision 6, changes since 0, next group 3, next record 5
            counted: 2 grouped, 2 marked, 4 records, 1 removals
            group 2 home, rev 5
            removed group 1, rev 6
            #1 carl: in 2, at 100, rev 6
            #2 dora: in 2, at 10, rev 5
            #3 emil: bits 5, at 100, rev 6
            #4 @team: custom x, at 100, rev 6
            removed bob: at 100, rev 6
        "#]],
    );
}

#[test]
fn an_empty_group() {
    check(
        "group 1 work
         #0 bob: bits 0",
        "delete work",
        expect![[r#"
            deleted 1
            revision 6, changes since 0, next group 2, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            removed group 1, rev 6
            #0 bob: bits 0, at 10, rev 5
        "#]],
    );
}

#[test]
fn a_group_that_does_not_exist() {
    // Decision 61.
    let long = "x".repeat(200);
    check(
        "group 1 work",
        &format!(
            r#"delete home
               delete ""
               delete {long}"#
        ),
        expect![[r#"
            refused: GroupUnknown
            refused: GroupUnknown
            refused: GroupUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn a_second_time() {
    check(
        "group 1 work",
        "delete work
         delete work",
        expect![[r#"
            deleted 1
            refused: GroupUnknown
            revision 6, changes since 0, next group 2, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            removed group 1, rev 6
        "#]],
    );
}

#[test]
fn a_new_group_in_the_place_of_a_deleted_one_has_no_members() {
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1 2
         #1 carl: in 1",
        "delete work
         create play
         change play: add dora
         search bob carl dora",
        expect![[r#"
            deleted 1
            created 3: []
            changed 3: [ok]
            found 2; groups: 2 home 3 play
              #0 bob: in 2, at 100
              #2 dora: in 3, at 100
            revision 8, changes since 0, next group 4, next record 3
            counted: 2 grouped, 0 marked, 2 records, 1 removals
            group 2 home, rev 5
            group 3 play, rev 7
            removed group 1, rev 6
            #0 bob: in 2, at 100, rev 6
            #2 dora: in 3, at 100, rev 8
            removed carl: at 100, rev 6
        "#]],
    );
}

#[test]
fn members_who_are_gone_leave_too() {
    check(
        "group 1 work
         #0 bob: in 1
         #1 @team: in 1
         absent bob
         disbanded @team",
        "delete work",
        expect![[r#"
            deleted 1
            revision 6, changes since 0, next group 2, next record 2
            counted: 0 grouped, 0 marked, 0 records, 2 removals
            removed group 1, rev 6
            removed @team: at 100, rev 6
            removed bob: at 100, rev 6
        "#]],
    );
}
