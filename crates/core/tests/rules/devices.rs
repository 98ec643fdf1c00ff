//! What user interfaces draw: groups in an order of the user's, with something of their own, counts, and filtered lists.

use expect_test::expect;

use crate::check;

const THREE: &str = "group 1 work
                     group 2 home
                     group 3 play";

#[test]
fn named_groups_come_first_and_the_others_follow() {
    check(
        THREE,
        "order play
         groups",
        expect![[r#"
            done
            groups: play 0, work 0, home 0
            revision 6, changes since 0, next group 4, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 work, order 2, rev 6
            group 2 home, order 3, rev 6
            group 3 play, order 1, rev 6
        "#]],
    );
    check(
        THREE,
        "order home play work
         order work
         create new
         groups",
        expect![[r#"
            done
            done
            created 4: []
            groups: work 0, home 0, play 0, new 0
            revision 8, changes since 0, next group 5, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 work, order 1, rev 7
            group 2 home, order 2, rev 7
            group 3 play, order 3, rev 7
            group 4 new, order 4, rev 8
        "#]],
    );
}

#[test]
fn an_order_that_is_there_already_changes_nothing() {
    check(
        THREE,
        "order
         order work
         order work home play",
        expect![[r#"
            done
            done
            done
            nothing changed
        "#]],
    );
}

#[test]
fn orders_name_groups_of_the_user_each_once() {
    check(
        THREE,
        "order play other
         order play home play",
        expect![[r#"
            refused: ListedGroupUnknown { index: 1 }
            refused: GroupTwice { index: 2 }
            nothing changed
        "#]],
    );
}

#[test]
fn a_group_keeps_its_ex_through_renames_and_orders() {
    check(
        THREE,
        "ex home red
         rename home to house
         order play
         ex house \"\"
         ex house \"\"
         ex work red, home red
         ex work blue, play green",
        expect![[r#"
            done
            renamed 2
            done
            done
            done
            refused: ListedGroupUnknown { index: 1 }
            done
            revision 10, changes since 0, next group 4, next record 0
            counted: 0 grouped, 0 marked, 0 records, 0 removals
            group 1 work, order 2, ex blue, rev 10
            group 2 house, order 3, rev 9
            group 3 play, order 1, ex green, rev 10
        "#]],
    );
}

#[test]
fn groups_are_listed_with_counts() {
    check(
        "group 1 work
         group 2 home
         #0 bob: in 1 2
         #1 carl: in 2, bits 3
         #2 @gone: in 2
         #3 dora: bits 1
         disbanded @gone",
        "order home
         groups",
        expect![[r#"
            done
            groups: home 3, work 1
            revision 6, changes since 0, next group 3, next record 4
            counted: 3 grouped, 2 marked, 4 records, 0 removals
            group 1 work, order 2, rev 6
            group 2 home, order 1, rev 6
            #0 bob: in 1 2, at 10, rev 5
            #1 carl: in 2, bits 3, at 10, rev 5
            #2 @gone: in 2, at 10, rev 5
            #3 dora: bits 1, at 10, rev 5
        "#]],
    );
    check(
        "never written\nopen accounts",
        "groups\nlist",
        expect![[r#"
        groups: 
        page, the last; groups: none
        nothing changed
    "#]],
    );
    check(
        "not imported",
        "groups\nlist\norder\nex a b",
        expect![[r#"
        refused: UserUnknown
        refused: UserUnknown
        refused: UserUnknown
        refused: UserUnknown
        nothing changed
    "#]],
    );
}

#[test]
fn lists_are_filtered() {
    const GIVEN: &str = "group 1 work
                         #0 bob: in 1, bits 0, custom \"abc\", at 10
                         #1 @team: in 1, bits 0 1, at 20
                         #2 carl: bits 2, custom \"ab\", at 30
                         #3 @gone: in 1, bits 0, at 40
                         disbanded @gone";
    check(
        GIVEN,
        "list group work
         list all 0 1
         list any 1 2
         list custom ab
         list prefix ab
         list custom \"\"
         list users
         list chat-groups since 20
         list since 21
         list group work any 0 prefix a users
         list group other",
        expect![[r#"
            page, the last; groups: 1 work
              #0 bob: in 1, bits 0, custom abc, at 10
              #1 @team: in 1, bits 0 1, at 20
            page, the last; groups: 1 work
              #1 @team: in 1, bits 0 1, at 20
            page, the last; groups: 1 work
              #1 @team: in 1, bits 0 1, at 20
              #2 carl: bits 2, custom ab, at 30
            page, the last; groups: 1 work
              #2 carl: bits 2, custom ab, at 30
            page, the last; groups: 1 work
              #0 bob: in 1, bits 0, custom abc, at 10
              #2 carl: bits 2, custom ab, at 30
            page, the last; groups: 1 work
              #1 @team: in 1, bits 0 1, at 20
            page, the last; groups: 1 work
              #0 bob: in 1, bits 0, custom abc, at 10
              #2 carl: bits 2, custom ab, at 30
            page, the last; groups: 1 work
              #1 @team: in 1, bits 0 1, at 20
            page, the last; groups: 1 work
              #2 carl: bits 2, custom ab, at 30
            page, the last; groups: 1 work
              #0 bob: in 1, bits 0, custom abc, at 10
            refused: GroupUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn lists_are_paged_by_what_the_filter_lets_through() {
    check(
        "#0 a: bits 1
         #1 b: bits 2
         #2 @gone: bits 1
         #3 c: bits 1
         #4 d: bits 1
         disbanded @gone",
        "list any 1 limit 2
         list any 1 limit 2 from 4
         list any 1 limit 1 from 1",
        expect![[r#"
            page, next 4; groups: none
              #0 a: bits 1, at 10
              #3 c: bits 1, at 10
            page, the last; groups: none
              #4 d: bits 1, at 10
            page, next 4; groups: none
              #3 c: bits 1, at 10
            nothing changed
        "#]],
    );
}
