//! Standard and custom marks.

use expect_test::expect;

use crate::check;

#[test]
fn setting_bits_makes_a_record() {
    // The first sample of the protocol: bits 1, 2 and 3 and a custom mark.
    check(
        "",
        "mark bob set 1 2 3 custom abcd",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 1 2 3, custom abcd, at 100, rev 6
    "#]],
    );
}

#[test]
fn every_bit_may_be_set() {
    // Decision 18: 4 to 31 as well.
    check(
        "",
        "mark bob set 0 3 4 31 32 63",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 0 3 4 31 32 63, at 100, rev 6
    "#]],
    );
}

#[test]
fn what_is_not_named_stays() {
    check(
        "group 1 work
         #0 bob: in 1, bits 0 1 63, custom x",
        "mark bob set 2 clear 1",
        expect![[r#"
            marked: [ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 1 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, bits 0 2 63, custom x, at 100, rev 6
        "#]],
    );
    check(
        "group 1 work
         #0 bob: in 1, bits 0 1, custom x",
        "mark bob custom y",
        expect![[r#"
            marked: [ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 1 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, bits 0 1, custom y, at 100, rev 6
        "#]],
    );
}

#[test]
fn cleared_first_and_set_then() {
    // Decision 16.
    check(
        "#0 bob: bits 5",
        "mark bob set 5 6 clear 4 5 6",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 5 6, at 100, rev 6
    "#]],
    );
    check(
        "",
        "mark bob set 5 clear 5",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 5, at 100, rev 6
    "#]],
    );
}

#[test]
fn an_item_that_names_nothing() {
    // Decision 21: fine, whether or not the other side exists.
    check(
        "#0 bob: bits 5
         absent nobody @nothing",
        "mark bob, carl, nobody, @nothing",
        expect![[r#"
            marked: [ok, ok, ok, ok]
            nothing changed
        "#]],
    );
}

#[test]
fn what_is_there_already_changes_nothing() {
    // Decision 28.
    check(
        "#0 bob: bits 0 5, custom x",
        "mark bob set 5 clear 6 custom x",
        expect![[r#"
            marked: [ok]
            nothing changed
        "#]],
    );
}

#[test]
fn no_items() {
    // Decision 12: the parameters are checked before; here it is a call without items.
    check(
        "#0 bob: bits 5",
        "mark",
        expect![[r#"
        marked: []
        nothing changed
    "#]],
    );
}

#[test]
fn a_record_disappears_with_its_last_mark() {
    // Decisions 23 and 24: no bit set is no standard mark at all.
    check(
        "#0 bob: bits 5
         #1 carl: custom x
         #2 dora: bits 5, custom x
         #3 emil: bits 5, custom x",
        r#"mark bob clear 5, carl custom "", dora clear 5, emil custom """#,
        expect![[r#"
            marked: [ok, ok, ok, ok]
            revision 6, changes since 0, next group 1, next record 4
            counted: 0 grouped, 2 marked, 2 records, 2 removals
            #2 dora: custom x, at 100, rev 6
            #3 emil: bits 5, at 100, rev 6
            removed bob: at 100, rev 6
            removed carl: at 100, rev 6
        "#]],
    );
}

#[test]
fn a_record_stays_for_its_groups() {
    // Decision 24.
    check(
        "group 1 work
         #0 bob: in 1, bits 5",
        "mark bob clear 5",
        expect![[r#"
            marked: [ok]
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn the_same_conversation_twice() {
    // Decision 14.
    check(
        "",
        "mark bob set 1, bob set 2 clear 1, bob custom x",
        expect![[r#"
        marked: [ok, ok, ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 2, custom x, at 100, rev 6
    "#]],
    );
}

#[test]
fn cleared_and_set_in_two_items() {
    // Decision 53: the record goes, and another comes. Decision 54: its number is a new one.
    check(
        "#0 bob: bits 5",
        "mark bob clear 5, bob set 5",
        expect![[r#"
        marked: [ok, ok]
        revision 6, changes since 0, next group 1, next record 2
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #1 bob: bits 5, at 100, rev 6
    "#]],
    );
}

#[test]
fn set_and_cleared_in_two_items() {
    // Decision 54.
    check(
        "",
        "mark bob set 5, bob clear 5",
        expect![[r#"
        marked: [ok, ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
}

#[test]
fn marking_those_who_do_not_exist() {
    // Decisions 9, 10, 29 and 30.
    check(
        "absent bob @team
         disbanded @old",
        "mark bob set 1, @team custom x, @old set 1, carl set 1
         mark bob set 1
         mark bob set 1 custom \"\", @old clear 1 custom x",
        expect![[r#"
            marked: [PeerUnknown, ChatGroupUnknown, ChatGroupUnknown, ok]
            marked: [PeerUnknown]
            marked: [PeerUnknown, ChatGroupUnknown]
            revision 6, changes since 0, next group 1, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #0 carl: bits 1, at 100, rev 6
        "#]],
    );
}

#[test]
fn those_who_are_gone_can_lose_their_marks() {
    // Decision 51.
    check(
        "#0 bob: bits 1 2, custom x
         #1 @team: bits 1, custom x
         #2 carl: bits 1, custom x
         absent bob carl
         disbanded @team",
        r#"mark bob clear 1 custom "", @team clear 1, @team custom "", carl clear 2"#,
        expect![[r#"
            marked: [ok, ok, ok, ok]
            revision 6, changes since 0, next group 1, next record 3
            counted: 0 grouped, 2 marked, 2 records, 1 removals
            #0 bob: bits 2, at 100, rev 6
            #2 carl: bits 1, custom x, at 10, rev 5
            removed @team: at 100, rev 6
        "#]],
    );
}

#[test]
fn those_who_are_gone_can_get_no_marks_not_even_those_they_have() {
    // Decision 57.
    check(
        "#0 bob: bits 1
         #1 @team: custom x
         absent bob
         disbanded @team",
        "mark bob set 1, @team custom x, bob set 2 clear 1",
        expect![[r#"
            marked: [PeerUnknown, ChatGroupUnknown, PeerUnknown]
            nothing changed
        "#]],
    );
}

#[test]
fn custom_marks_are_kept_as_they_are() {
    // Decision 69. Decision 22: what is longer than the application's limit never gets this far.
    check(
        "",
        "mark bob custom \"\u{1} a\u{7f}\t\u{1f600}\"",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: custom "\u{1} a\u{7f}\t😀", at 100, rev 6
    "#]],
    );
    let longest = "é".repeat(256);
    let mut given = crate::support::given::Given::new("");
    let line = format!("mark bob custom {longest}");
    let (name, command) = crate::support::language::parse(&line);
    given.suppose("bob");
    given.world.run(name, &command);
    let snapshot = given.world.snapshot(name).expect("it was written");
    assert_eq!(snapshot.records["bob"].custom_mark.as_str(), longest);
}

#[test]
fn marking_oneself() {
    // Decision 33.
    check(
        "",
        "mark ann set 0",
        expect![[r#"
        marked: [ok]
        revision 6, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 ann: bits 0, at 100, rev 6
    "#]],
    );
}

#[test]
fn a_user_who_is_not_imported() {
    check(
        "not imported",
        "mark bob set 1",
        expect![[r#"
        refused: UserUnknown
        nothing changed
    "#]],
    );
}

#[test]
fn in_open_mode_everyone_exists() {
    // Decision 80.
    check(
        "never written
         absent bob @team
         disbanded @old
         open accounts
         open chat-groups",
        "mark bob clear 1
         mark bob set 1, @team set 1, @old custom x",
        expect![[r#"
            marked: [ok]
            marked: [ok, ok, ok]
            not imported
            revision 1, changes since 0, next group 1, next record 3
            counted: 0 grouped, 3 marked, 3 records, 0 removals
            #0 bob: bits 1, at 100, rev 1
            #1 @team: bits 1, at 100, rev 1
            #2 @old: custom x, at 100, rev 1
        "#]],
    );
}
