//! Commands that are carried out together, all or none.

use expect_test::expect;

use crate::check;

#[test]
fn later_commands_see_what_earlier_ones_did() {
    check(
        "#0 bob: bits 1",
        "apply create work: bob; create home: carl; order home; ex home red; rename work to job; change job: add dora; mark bob clear 1",
        expect![[r#"
            applied: 1 2 - - 1 1 -
            revision 6, changes since 0, next group 3, next record 3
            counted: 3 grouped, 0 marked, 3 records, 0 removals
            group 1 job, order 2, rev 6
            group 2 home, order 1, ex red, rev 6
            #0 bob: in 1, at 100, rev 6
            #1 carl: in 2, at 100, rev 6
            #2 dora: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn a_group_made_deleted_and_made_again_is_another_one() {
    check(
        "group 1 old
         #0 bob: in 1",
        "apply delete old; create new: carl; delete new; create new: bob",
        expect![[r#"
            applied: 1 2 2 3
            revision 6, changes since 0, next group 4, next record 3
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 3 new, rev 6
            removed group 1, rev 6
            removed group 2, rev 6
            #2 bob: in 3, at 100, rev 6
        "#]],
    );
}

#[test]
fn one_refusal_refuses_all() {
    check(
        "group 1 work\nabsent nobody",
        "apply mark bob set 1; delete other
         apply mark bob set 1; create work: carl nobody
         apply mark bob set 1; rename work to \"\"",
        expect![[r#"
            not applied: command 1: GroupUnknown
            not applied: item 1 of command 1: PeerUnknown
            not applied: command 1: GroupNameEmpty
            nothing changed
        "#]],
    );
}

#[test]
fn room_is_made_for_all_of_them_or_for_none() {
    const FULL: &str = "limits marked 2
                        #0 bob: bits 1
                        #1 @gone: bits 1
                        disbanded @gone";
    check(
        FULL,
        "apply mark carl set 1; mark bob set 2",
        expect![[r#"
        applied: - -
        revision 6, changes since 0, next group 1, next record 3
        counted: 0 grouped, 2 marked, 2 records, 1 removals
        #0 bob: bits 1 2, at 100, rev 6
        #2 carl: bits 1, at 100, rev 6
        removed @gone: at 100, rev 6
    "#]],
    );
    check(
        FULL,
        "apply mark carl set 1; mark dora set 1",
        expect![[r#"
        not applied: item 0 of command 0: TooManyMarked { limit: 2 }
        nothing changed
    "#]],
    );
}

#[test]
fn nothing_together_changes_nothing() {
    check(
        "group 1 work",
        "apply rename work to work; change work: remove bob",
        expect![[r#"
        applied: 1 1
        nothing changed
    "#]],
    );
}
