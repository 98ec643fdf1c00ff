//! Importing and deleting accounts.

use expect_test::expect;

use crate::check;

#[test]
fn the_first_import() {
    check(
        "never written",
        "import nick Ann face http",
        expect![[r#"
        done
        nick Ann, face http
        revision 1, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
    check(
        "never written",
        "import",
        expect![[r#"
        done
        revision 1, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
}

#[test]
fn importing_again_changes_nothing() {
    check(
        "nick Ann, face http",
        "import nick Ann face http
         import nick Ann
         import face http
         import",
        expect![[r#"
            done
            done
            done
            done
            nothing changed
        "#]],
    );
}

#[test]
fn importing_again_changes_the_profile_that_is_named() {
    check(
        "nick Ann, face http",
        "import nick Anna",
        expect![[r#"
        done
        nick Anna, face http
        revision 6, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
    check(
        "nick Ann, face http",
        r#"import face """#,
        expect![[r#"
        done
        nick Ann, face ""
        revision 6, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
    "#]],
    );
}

#[test]
fn importing_touches_no_records() {
    check(
        "group 1 work
         #0 bob: in 1",
        "import nick Ann",
        expect![[r#"
            done
            nick Ann, face ""
            revision 6, changes since 0, next group 2, next record 1
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 1 work, rev 5
            #0 bob: in 1, at 10, rev 5
        "#]],
    );
}

#[test]
fn deleting_an_account_empties_the_user() {
    // Decision 44.
    check(
        "nick Ann, face http
         group 1 work
         removed group 2
         #0 bob: in 1, bits 1
         #1 @team: custom x
         removed carl",
        "delete-account",
        expect![[r#"
            done
            not imported
            revision 6, changes since 6, next group 3, next record 2
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
}

#[test]
fn a_user_imported_again_goes_on_counting() {
    // Decision 54.
    check(
        "group 1 work
         #0 bob: in 1",
        "delete-account
         create work: bob
         import
         page 0
         create work: bob",
        expect![[r#"
            done
            refused: UserUnknown
            done
            page, the last; groups: none
            created 2: [ok]
            revision 8, changes since 6, next group 3, next record 2
            counted: 1 grouped, 0 marked, 1 records, 0 removals
            group 2 work, rev 8
            #1 bob: in 2, at 100, rev 8
        "#]],
    );
}

#[test]
fn deleting_twice() {
    check(
        "",
        "delete-account
         delete-account",
        expect![[r#"
            done
            refused: UserUnknown
            not imported
            revision 6, changes since 6, next group 1, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
}

#[test]
fn deleting_whom_nobody_knows() {
    check(
        "never written",
        "delete-account",
        expect![[r#"
        refused: UserUnknown
        nothing changed
    "#]],
    );
    check(
        "not imported",
        "delete-account",
        expect![[r#"
        refused: UserUnknown
        nothing changed
    "#]],
    );
}

#[test]
fn deleting_in_open_mode() {
    check(
        "never written
         open accounts",
        "delete-account",
        expect![[r#"
            done
            nothing changed
        "#]],
    );
    check(
        "not imported
         #0 bob: bits 1
         open accounts",
        "delete-account
         delete-account",
        expect![[r#"
            done
            done
            not imported
            revision 6, changes since 6, next group 1, next record 1
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
    check(
        "not imported
         removed bob
         open accounts",
        "delete-account",
        expect![[r#"
            done
            not imported
            revision 6, changes since 6, next group 1, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
    check(
        "not imported
         group 1 work
         open accounts",
        "delete-account",
        expect![[r#"
            done
            not imported
            revision 6, changes since 6, next group 2, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
}

#[test]
fn others_keep_their_records_of_a_user_who_is_deleted() {
    // Decision 52.
    check(
        "#0 bob: bits 1",
        "bob> delete-account
         page 0
         search bob
         mark bob set 2",
        expect![[r#"
            done
            page, the last; groups: none
              #0 bob: bits 1, at 10
            found 1; groups: none
              #0 bob: bits 1, at 10
            marked: [PeerUnknown]
            nothing changed
        "#]],
    );
}
