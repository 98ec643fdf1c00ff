//! The room that disbanded chat groups give back when a limit is met.

use expect_test::expect;

use crate::check;

#[test]
fn disbanded_chat_groups_make_room_when_it_is_needed() {
    // Decision 32: in the same commit, and all of them.
    check(
        "group 1 work
         #0 @old: in 1
         #1 @older: bits 1
         #2 @team: in 1
         limits grouped 2
         disbanded @old @older",
        "change work: add bob",
        expect![[r#"
            changed 1: [ok]
            revision 6, changes since 0, next group 2, next record 4
            counted: 2 grouped, 0 marked, 2 records, 2 removals
            group 1 work, rev 5
            #2 @team: in 1, at 10, rev 5
            #3 bob: in 1, at 100, rev 6
            removed @old: at 100, rev 6
            removed @older: at 100, rev 6
        "#]],
    );
    check(
        "group 1 work
         #0 @old: in 1, bits 1
         limits marked 1
         disbanded @old",
        "mark bob set 1",
        expect![[r#"
            marked: [ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 0 grouped, 1 marked, 1 records, 1 removals
            group 1 work, rev 5
            #1 bob: bits 1, at 100, rev 6
            removed @old: at 100, rev 6
        "#]],
    );
    check(
        "group 1 work
         #0 @old: in 1
         limits grouped 1
         disbanded @old",
        "create home: bob carl",
        expect![[r#"
            created 2: [ok, TooManyGrouped { limit: 1 }]
            revision 6, changes since 0, next group 3, next record 2
            counted: 1 grouped, 0 marked, 1 records, 1 removals
            group 1 work, rev 5
            group 2 home, rev 6
            #1 bob: in 2, at 100, rev 6
            removed @old: at 100, rev 6
        "#]],
    );
}

#[test]
fn disbanded_chat_groups_stay_while_there_is_room() {
    // Decision 32.
    check(
        "group 1 work
         #0 @old: in 1
         limits grouped 2
         disbanded @old",
        "change work: add bob",
        expect![[r#"
            changed 1: [ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 2 grouped, 0 marked, 2 records, 0 removals
            group 1 work, rev 5
            #0 @old: in 1, at 10, rev 5
            #1 bob: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn disbanded_chat_groups_stay_if_that_helps_nobody() {
    // Decision 32: @old has no mark that would make room for one, and lies hidden.
    check(
        "group 1 work
         #0 @old: in 1
         #1 bob: bits 1
         limits marked 1
         disbanded @old",
        "mark carl set 1
         mark carl set 1, bob set 2",
        expect![[r#"
            marked: [TooManyMarked { limit: 1 }]
            marked: [TooManyMarked { limit: 1 }, ok]
            revision 6, changes since 0, next group 2, next record 2
            counted: 1 grouped, 1 marked, 2 records, 0 removals
            group 1 work, rev 5
            #0 @old: in 1, at 10, rev 5
            #1 bob: bits 1 2, at 100, rev 6
        "#]],
    );
}

#[test]
fn disbanded_chat_groups_stay_if_nobody_lacks_room() {
    // Decisions 32 and 57: the limit is full, but bob is refused for another reason.
    check(
        "group 1 work
         #0 @old: in 1, bits 1
         limits grouped 1, marked 1
         disbanded @old
         absent bob",
        "change work: add bob, remove carl
         mark bob set 1, carl clear 1",
        expect![[r#"
            changed 1: [PeerUnknown, ok]
            marked: [PeerUnknown, ok]
            nothing changed
        "#]],
    );
}

#[test]
fn all_disbanded_chat_groups_go_at_once() {
    // Decision 32: all of them go, whatever they hold, so that the next call finds room too.
    check(
        "group 1 work
         #0 @old: in 1, bits 1, custom x
         #1 @older: in 1
         #2 bob: in 1, bits 1
         limits grouped 3, marked 2
         disbanded @old @older",
        "mark carl set 1, dora set 1, @old set 2, @older clear 1
         change work: add carl, add dora, add emil",
        expect![[r#"
            marked: [ok, TooManyMarked { limit: 2 }, ChatGroupUnknown, ok]
            changed 1: [ok, ok, TooManyGrouped { limit: 3 }]
            revision 7, changes since 0, next group 2, next record 5
            counted: 3 grouped, 2 marked, 3 records, 2 removals
            group 1 work, rev 5
            #2 bob: in 1, bits 1, at 10, rev 5
            #3 carl: in 1, bits 1, at 100, rev 7
            #4 dora: in 1, at 100, rev 7
            removed @old: at 100, rev 6
            removed @older: at 100, rev 6
        "#]],
    );
}

#[test]
fn deleted_users_make_no_room() {
    // Decision 52.
    check(
        "group 1 work
         #0 bob: in 1
         limits grouped 1
         absent bob",
        "change work: add carl",
        expect![[r#"
            changed 1: [TooManyGrouped { limit: 1 }]
            nothing changed
        "#]],
    );
    // Not even if the call names them.
    check(
        "group 1 work
         #0 bob: in 1
         limits grouped 1
         absent bob",
        "change work: add bob, add carl",
        expect![[r#"
            changed 1: [PeerUnknown, TooManyGrouped { limit: 1 }]
            nothing changed
        "#]],
    );
}

#[test]
fn disbanded_chat_groups_make_no_room_in_open_mode() {
    // Decision 80.
    check(
        "group 1 work
         #0 @old: in 1
         limits grouped 1
         disbanded @old
         open chat-groups",
        "change work: add bob",
        expect![[r#"
            changed 1: [TooManyGrouped { limit: 1 }]
            nothing changed
        "#]],
    );
}

#[test]
fn items_about_the_disbanded_chat_groups_themselves() {
    // Decision 32 with 30: removing is allowed, adding is not; bob gets the room.
    check(
        "group 1 work
         #0 @old: in 1
         #1 @older: in 1
         limits grouped 2
         disbanded @old @older",
        "change work: add @old, add bob, remove @older, add carl",
        expect![[r#"
            changed 1: [ChatGroupUnknown, ok, ok, ok]
            revision 6, changes since 0, next group 2, next record 4
            counted: 2 grouped, 0 marked, 2 records, 2 removals
            group 1 work, rev 5
            #2 bob: in 1, at 100, rev 6
            #3 carl: in 1, at 100, rev 6
            removed @old: at 100, rev 6
            removed @older: at 100, rev 6
        "#]],
    );
}

#[test]
fn the_room_is_used_up_in_order() {
    // Decisions 9 and 32.
    check(
        "group 1 work
         #0 @old: in 1
         limits grouped 1
         disbanded @old",
        "change work: add bob, add carl",
        expect![[r#"
            changed 1: [ok, TooManyGrouped { limit: 1 }]
            revision 6, changes since 0, next group 2, next record 2
            counted: 1 grouped, 0 marked, 1 records, 1 removals
            group 1 work, rev 5
            #1 bob: in 1, at 100, rev 6
            removed @old: at 100, rev 6
        "#]],
    );
}
