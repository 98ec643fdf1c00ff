//! Adding conversations to groups and removing them.

use expect_test::expect;

use crate::check;

const TWO_GROUPS: &str = "group 1 work
                          group 2 home
                          #0 bob: in 1
                          #1 @team: in 1 2";

#[test]
fn adds_and_removals_in_one_call() {
    check(
        TWO_GROUPS,
        "change home: add bob, remove @team, add carl",
        expect![[r#"
            changed 2: [ok, ok, ok]
            revision 6, changes since 0, next group 3, next record 3
            counted: 3 grouped, 0 marked, 3 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 5
            #0 bob: in 1 2, at 100, rev 6
            #1 @team: in 1, at 100, rev 6
            #2 carl: in 2, at 100, rev 6
        "#]],
    );
}

#[test]
fn a_conversation_may_be_in_every_group() {
    let groups: String = (1..=20).map(|id| format!("group {id} g{id}\n")).collect();
    let changes: Vec<String> = (1..=20).map(|id| format!("change g{id}: add bob")).collect();
    check(
        &groups,
        &changes.join("\n"),
        expect![[r#"
        changed 1: [ok]
        changed 2: [ok]
        changed 3: [ok]
        changed 4: [ok]
        changed 5: [ok]
        changed 6: [ok]
        changed 7: [ok]
        changed 8: [ok]
        changed 9: [ok]
        changed 10: [ok]
        changed 11: [ok]
        changed 12: [ok]
        changed 13: [ok]
        changed 14: [ok]
        changed 15: [ok]
        changed 16: [ok]
        changed 17: [ok]
        changed 18: [ok]
        changed 19: [ok]
        changed 20: [ok]
        revision 25, changes since 0, next group 21, next record 1
        counted: 1 grouped, 0 marked, 1 records, 0 removals
        group 1 g1, rev 5
        group 2 g2, rev 5
        group 3 g3, rev 5
        group 4 g4, rev 5
        group 5 g5, rev 5
        group 6 g6, rev 5
        group 7 g7, rev 5
        group 8 g8, rev 5
        group 9 g9, rev 5
        group 10 g10, rev 5
        group 11 g11, rev 5
        group 12 g12, rev 5
        group 13 g13, rev 5
        group 14 g14, rev 5
        group 15 g15, rev 5
        group 16 g16, rev 5
        group 17 g17, rev 5
        group 18 g18, rev 5
        group 19 g19, rev 5
        group 20 g20, rev 5
        #0 bob: in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20, at 100, rev 25
    "#]],
    );
}

#[test]
fn adding_twice_and_removing_what_is_not_there() {
    // Decision 15.
    check(
        TWO_GROUPS,
        "change work: add bob, remove carl",
        expect![[r#"
        changed 1: [ok, ok]
        nothing changed
    "#]],
    );
}

#[test]
fn a_clock_that_went_backwards() {
    // Decision 28: the time of the last change, whatever the time before it.
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1, at 5000",
        "clock 70
         change home: add bob",
        expect![[r#"
            changed 2: [ok]
            revision 6, changes since 0, next group 3, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 5
            #0 bob: in 1 2, at 70, rev 6
        "#]],
    );
}

#[test]
fn a_record_disappears_with_its_last_group() {
    // Decision 24.
    check(
        TWO_GROUPS,
        "change work: remove bob, remove @team",
        expect![[r#"
        changed 1: [ok, ok]
        revision 6, changes since 0, next group 3, next record 2
        counted: 1 grouped, 0 marked, 1 records, 1 removals
        group 1 work, rev 5
        group 2 home, rev 5
        #1 @team: in 2, at 100, rev 6
        removed bob: at 100, rev 6
    "#]],
    );
}

#[test]
fn a_record_stays_for_its_marks() {
    // Decision 24.
    check(
        "group 1 work
         #0 bob: in 1, bits 7
         #1 carl: in 1, custom x",
        "change work: remove bob, remove carl",
        expect![[r#"
            changed 1: [ok, ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 0 grouped, 2 marked, 2 records, 0 removals
            group 1 work, rev 5
            #0 bob: bits 7, at 100, rev 6
            #1 carl: custom x, at 100, rev 6
        "#]],
    );
}

#[test]
fn the_same_conversation_twice() {
    // Decision 14: in order, one result each.
    check(
        "group 1 work",
        "change work: add bob, add bob, remove bob, add bob",
        expect![[r#"
            changed 1: [ok, ok, ok, ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #1 bob: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn removed_and_added_in_one_call() {
    // Decision 53: a new record, with a new number and time; the removal is not seen.
    check(
        TWO_GROUPS,
        "change work: remove bob, add bob",
        expect![[r#"
        changed 1: [ok, ok]
        revision 6, changes since 0, next group 3, next record 3
        counted: 2 grouped, 0 marked, 2 records, 0 removals
        group 1 work, rev 5
        group 2 home, rev 5
        #1 @team: in 1 2, at 10, rev 5
        #2 bob: in 1, at 100, rev 6
    "#]],
    );
}

#[test]
fn removed_and_added_in_one_call_while_the_record_stays() {
    // Decision 53: the record goes on, for it is in another group; its time is new.
    check(
        TWO_GROUPS,
        "change work: remove @team, add @team",
        expect![[r#"
        changed 1: [ok, ok]
        revision 6, changes since 0, next group 3, next record 2
        counted: 2 grouped, 0 marked, 2 records, 0 removals
        group 1 work, rev 5
        group 2 home, rev 5
        #0 bob: in 1, at 10, rev 5
        #1 @team: in 1 2, at 100, rev 6
    "#]],
    );
}

#[test]
fn added_and_removed_in_one_call() {
    // Decision 54: the number is used up, and nothing else is left.
    check(
        TWO_GROUPS,
        "change work: add carl, remove carl",
        expect![[r#"
        changed 1: [ok, ok]
        revision 6, changes since 0, next group 3, next record 3
        counted: 2 grouped, 0 marked, 2 records, 0 removals
        group 1 work, rev 5
        group 2 home, rev 5
        #0 bob: in 1, at 10, rev 5
        #1 @team: in 1 2, at 10, rev 5
    "#]],
    );
}

#[test]
fn an_item_that_changes_nothing_uses_up_no_number() {
    // Decision 54.
    check(
        "group 1 work
         absent carl",
        "change work: add carl, remove dora, add bob",
        expect![[r#"
            changed 1: [PeerUnknown, ok, ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn a_group_that_does_not_exist() {
    // Decisions 5 and 61.
    check(
        TWO_GROUPS,
        r#"change nothing: add bob
           change "": add bob
           change nothing"#,
        expect![[r#"
            refused: GroupUnknown
            refused: GroupUnknown
            refused: GroupUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn no_changes_at_all() {
    // Decision 12: the parameters are checked before; here it is a call without items.
    check(
        TWO_GROUPS,
        "change work",
        expect![[r#"
        changed 1: []
        nothing changed
    "#]],
    );
}

#[test]
fn members_who_do_not_exist() {
    // Decisions 9, 29 and 30: per item; what comes before and after stands. Decision 55: in one commit.
    check(
        "group 1 work
         absent bob @team
         disbanded @old",
        "change work: add carl, add bob, add @team, add @old, add @new",
        expect![[r#"
            changed 1: [ok, PeerUnknown, ChatGroupUnknown, ChatGroupUnknown, ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 2 grouped, 0 marked, 2 records, 0 removals
            group 1 work, rev 5
            #0 carl: in 1, at 100, rev 6
            #1 @new: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn nobody_has_to_exist_to_be_removed() {
    // Decisions 29 and 30.
    check(
        "group 1 work
         #0 bob: in 1
         #1 @team: in 1
         absent bob
         disbanded @team",
        "change work: remove bob, remove @team, remove nobody, remove @nothing",
        expect![[r#"
            changed 1: [ok, ok, ok, ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 0 grouped, 0 marked, 0 records, 2 removals
            group 1 work, rev 5
            removed @team: at 100, rev 6
            removed bob: at 100, rev 6
        "#]],
    );
}

#[test]
fn a_member_who_is_gone_is_refused_even_if_added_before() {
    // Decision 57.
    check(
        "group 1 work
         #0 bob: in 1
         #1 @team: in 1
         absent bob
         disbanded @team",
        "change work: add bob, add @team
         create work: bob @team",
        expect![[r#"
            changed 1: [PeerUnknown, ChatGroupUnknown]
            created 1: [PeerUnknown, ChatGroupUnknown]
            nothing changed
        "#]],
    );
}

#[test]
fn a_conversation_with_oneself() {
    // Decision 33.
    check(
        "group 1 work",
        "change work: add ann",
        expect![[r#"
        changed 1: [ok]
        revision 6, changes since 0, next group 2, next record 1
        counted: 1 grouped, 0 marked, 1 records, 0 removals
        group 1 work, rev 5
        #0 ann: in 1, at 100, rev 6
    "#]],
    );
}

#[test]
fn nobody_has_to_be_a_member_of_the_chat_group() {
    // Decision 31: that the chat group is alive is enough.
    check(
        "group 1 work
         chat-group @team Public Team owner carl",
        "change work: add @team",
        expect![[r#"
            changed 1: [ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 @team: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn ids_are_compared_by_their_kind_too() {
    // A chat group may have any id, such as the samples' `@TGS#1B2AUI7RZ`.
    check(
        "group 1 work",
        "change work: add Bob, add bob, add @TGS#1B2AUI7RZ, add @tgs#1b2aui7rz",
        expect![[r#"
            changed 1: [ok, ok, ok, ok]
            revision 6, changes since 0, next group 2, next record 4
            counted: 4 grouped, 0 marked, 4 records, 0 removals
            group 1 work, rev 5
            #0 Bob: in 1, at 100, rev 6
            #1 bob: in 1, at 100, rev 6
            #2 @TGS#1B2AUI7RZ: in 1, at 100, rev 6
            #3 @tgs#1b2aui7rz: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn in_open_mode_everyone_exists() {
    // Decision 80: a disbanded chat group too.
    check(
        "group 1 work
         absent bob @team
         disbanded @old
         open accounts
         open chat-groups",
        "change work: add bob, add @team, add @old",
        expect![[r#"
            changed 1: [ok, ok, ok]
            revision 6, changes since 0, next group 2, next record 3
            counted: 3 grouped, 0 marked, 3 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, at 100, rev 6
            #1 @team: in 1, at 100, rev 6
            #2 @old: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn users_and_chat_groups_are_registered_or_open_each_on_its_own() {
    check(
        "group 1 work
         absent bob @team
         open accounts",
        "change work: add bob, add @team",
        expect![[r#"
            changed 1: [ok, ChatGroupUnknown]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, at 100, rev 6
        "#]],
    );
    check(
        "group 1 work
         absent bob @team
         open chat-groups",
        "change work: add bob, add @team",
        expect![[r#"
            changed 1: [PeerUnknown, ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 @team: in 1, at 100, rev 6
        "#]],
    );
}
