//! Making and renaming groups.

use expect_test::expect;

use crate::check;

#[test]
fn the_first_group_of_a_user() {
    // Decision 7: ids start at 1.
    check(
        "",
        "create work: bob @team",
        expect![[r#"
        created 1: [ok, ok]
        revision 6, changes since 0, next group 2, next record 2
        counted: 2 grouped, 0 marked, 2 records, 0 removals
        group 1 work, rev 6
        #0 bob: in 1, at 100, rev 6
        #1 @team: in 1, at 100, rev 6
    "#]],
    );
}

#[test]
fn a_group_without_members() {
    // Decision 11.
    check(
        "",
        "create work",
        expect![[r#"
        created 1: []
        revision 6, changes since 0, next group 2, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        group 1 work, rev 6
    "#]],
    );
}

#[test]
fn creating_a_group_that_exists_adds_the_members() {
    // Decision 2.
    check(
        "group 1 work
         group 2 home
         #0 bob: in 2",
        "create home: bob carl",
        expect![[r#"
            created 2: [ok, ok]
            revision 6, changes since 0, next group 3, next record 2
            counted: 2 grouped, 0 marked, 2 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 5
            #0 bob: in 2, at 10, rev 5
            #1 carl: in 2, at 100, rev 6
        "#]],
    );
}

#[test]
fn creating_a_group_that_exists_with_nothing_new_changes_nothing() {
    // Decisions 2 and 15.
    check(
        "group 1 work
         #0 bob: in 1",
        "create work: bob
         create work",
        expect![[r#"
            created 1: [ok]
            created 1: []
            nothing changed
        "#]],
    );
}

#[test]
fn group_ids_are_never_reused() {
    // Decision 7.
    check(
        "group 1 work
         group 2 home",
        "delete home
         delete work
         create home",
        expect![[r#"
            deleted 2
            deleted 1
            created 3: []
            revision 8, changes since 0, next group 4, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 3 home, rev 8
            removed group 2, rev 6
            removed group 1, rev 7
        "#]],
    );
}

#[test]
fn a_refused_creation_uses_up_no_id() {
    // Decision 54.
    check(
        "group 1 work
         limits groups 1, name 4",
        "create home
         create longer
         limits groups 2
         create home",
        expect![[r#"
            refused: TooManyGroups { limit: 1 }
            refused: GroupNameTooLong { limit: 4 }
            created 2: []
            revision 6, changes since 0, next group 3, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 work, rev 5
            group 2 home, rev 6
        "#]],
    );
}

#[test]
fn a_group_stands_though_every_member_is_refused() {
    // Decisions 10 and 54: the group was made, so its id is used up; no record number is.
    check(
        "absent bob @team",
        "create work: bob @team",
        expect![[r#"
        created 1: [PeerUnknown, ChatGroupUnknown]
        revision 6, changes since 0, next group 2, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        group 1 work, rev 6
    "#]],
    );
}

#[test]
fn names_must_not_be_empty() {
    // Decision 1.
    check(
        "group 1 work",
        r#"create ""
           rename work to """#,
        expect![[r#"
            refused: GroupNameEmpty
            refused: GroupNameEmpty
            nothing changed
        "#]],
    );
}

#[test]
fn names_are_equal_by_their_bytes() {
    // Decision 68: no folding, no trimming, and the composed é is not e with an accent.
    check(
        "group 1 work",
        "create Work
         create \" work\"
         create \"work \"
         create caf\u{e9}
         create cafe\u{301}",
        expect![[r#"
            created 2: []
            created 3: []
            created 4: []
            created 5: []
            created 6: []
            revision 10, changes since 0, next group 7, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 work, rev 5
            group 2 Work, rev 6
            group 3 " work", rev 7
            group 4 "work ", rev 8
            group 5 café, rev 9
            group 6 "cafe\u{301}", rev 10
        "#]],
    );
}

#[test]
fn control_characters_in_names_are_kept() {
    // Decision 69; a NUL never gets this far.
    check(
        "",
        "create \"a\u{1}\u{7f}b\"",
        expect![[r#"
        created 1: []
        revision 6, changes since 0, next group 2, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        group 1 "a\u{1}\u{7f}b", rev 6
    "#]],
    );
}

#[test]
fn renaming_keeps_the_id_and_touches_no_record() {
    // Decisions 7 and 28.
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1 2, at 10",
        "rename work to job",
        expect![[r#"
            renamed 1
            revision 6, changes since 0, next group 3, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 job, rev 6
            group 2 home, rev 5
            #0 bob: in 1 2, at 10, rev 5
        "#]],
    );
}

#[test]
fn a_name_is_free_again_after_a_rename() {
    check(
        "group 1 work",
        "rename work to job
         create work
         rename work to job
         rename job to work",
        expect![[r#"
            renamed 1
            created 2: []
            refused: GroupNameTaken
            refused: GroupNameTaken
            revision 7, changes since 0, next group 3, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 job, rev 6
            group 2 work, rev 7
        "#]],
    );
}

#[test]
fn renaming_to_the_same_name_changes_nothing() {
    // Decision 4.
    check(
        "group 1 work",
        "rename work to work",
        expect![[r#"
        renamed 1
        nothing changed
    "#]],
    );
}

#[test]
fn renaming_to_a_name_in_use() {
    // Decision 3.
    check(
        "group 1 work
         group 2 home",
        "rename work to home",
        expect![[r#"
            refused: GroupNameTaken
            nothing changed
        "#]],
    );
}

#[test]
fn renaming_a_group_that_does_not_exist() {
    // Decision 5. Decision 61: names that no group can have are names of no group.
    let long = "x".repeat(200);
    check(
        "group 1 work",
        &format!(
            r#"rename home to job
               rename "" to job
               rename {long} to job
               rename home to home"#
        ),
        expect![[r#"
            refused: GroupUnknown
            refused: GroupUnknown
            refused: GroupUnknown
            refused: GroupUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn the_order_of_the_checks_of_a_rename() {
    // Decision 59: the user, then the new name's length, then the old name, then the clash.
    check(
        "group 1 work
         group 2 home
         limits name 4",
        "bob> rename nothing to longer
         rename nothing to longer
         rename nothing to home
         rename work to home
         rename work to longer",
        expect![[r#"
            refused: UserUnknown
            refused: GroupNameTooLong { limit: 4 }
            refused: GroupUnknown
            refused: GroupNameTaken
            refused: GroupNameTooLong { limit: 4 }
            nothing changed
        "#]],
    );
}

#[test]
fn the_order_of_the_checks_of_a_creation() {
    // Decision 59; a name in use is found before the number of groups is counted.
    check(
        "group 1 work
         limits groups 1, name 4",
        "bob> create longer
         create longer
         create home
         create work",
        expect![[r#"
            refused: UserUnknown
            refused: GroupNameTooLong { limit: 4 }
            refused: TooManyGroups { limit: 1 }
            created 1: []
            nothing changed
        "#]],
    );
}

#[test]
fn a_user_who_is_not_imported_has_no_groups() {
    check(
        "not imported",
        "create work: bob
         rename work to home
         delete work",
        expect![[r#"
            refused: UserUnknown
            refused: UserUnknown
            refused: UserUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn in_an_open_application_the_first_group_makes_the_user() {
    check(
        "never written
         open accounts",
        "rename work to home
         delete work
         create work: bob",
        expect![[r#"
            refused: GroupUnknown
            refused: GroupUnknown
            created 1: [ok]
            not imported
            revision 1, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 1
            #0 bob: in 1, at 100, rev 1
        "#]],
    );
}
