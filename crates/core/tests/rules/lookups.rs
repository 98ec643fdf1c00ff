//! Searches and pages.

use expect_test::expect;

use crate::check;

const SAMPLE: &str = "group 1 work
                      group 2 home
                      group 3 play
                      #4 bob: in 2 1, bits 1 2 3, custom abcde, at 1775217000
                      #2 @team: in 1, at 1775186067
                      #7 carl: bits 63, at 30";

#[test]
fn searching() {
    // Decision 26: the groups that are referenced. Decision 77: ids ascend, records come in the order asked.
    check(
        SAMPLE,
        "search @team bob",
        expect![[r#"
        found 2; groups: 1 work 2 home
          #2 @team: in 1, at 1775186067
          #4 bob: in 1 2, bits 1 2 3, custom abcde, at 1775217000
        nothing changed
    "#]],
    );
    check(
        SAMPLE,
        "search carl @team",
        expect![[r#"
        found 2; groups: 1 work
          #7 carl: bits 63, at 30
          #2 @team: in 1, at 1775186067
        nothing changed
    "#]],
    );
    check(
        SAMPLE,
        "search carl",
        expect![[r#"
        found 1; groups: none
          #7 carl: bits 63, at 30
        nothing changed
    "#]],
    );
}

#[test]
fn conversations_without_a_record_are_left_out() {
    // Decision 25. Decision 29: whether or not the other side exists.
    check(
        "#0 bob: bits 1
         #1 carl: bits 1
         removed emil
         absent bob dora",
        "search dora carl emil bob fred
         search dora",
        expect![[r#"
            found 2; groups: none
              #1 carl: bits 1, at 10
              #0 bob: bits 1, at 10
            found 0; groups: none
            nothing changed
        "#]],
    );
}

#[test]
fn a_conversation_asked_for_twice_is_found_once() {
    // Decisions 14 and 77: at its first place.
    check(
        SAMPLE,
        "search carl bob carl bob",
        expect![[r#"
        found 2; groups: 1 work 2 home
          #7 carl: bits 63, at 30
          #4 bob: in 1 2, bits 1 2 3, custom abcde, at 1775217000
        nothing changed
    "#]],
    );
}

#[test]
fn nothing_asked_for() {
    // Decision 13: the parameters are checked before; here it is a search that finds nothing.
    check(
        SAMPLE,
        "search",
        expect![[r#"
        found 0; groups: none
        nothing changed
    "#]],
    );
}

#[test]
fn searching_for_a_chat_group_that_is_no_more() {
    // Decision 30: the whole call; the first one is named.
    check(
        "#0 @team: bits 1
         disbanded @team
         absent @nothing",
        "search bob @nothing
         search @alive bob @team @nothing",
        expect![[r#"
            refused: SearchedChatGroupUnknown { index: 1 }
            refused: SearchedChatGroupUnknown { index: 2 }
            nothing changed
        "#]],
    );
}

#[test]
fn the_user_is_looked_for_before_the_chat_groups_of_a_search() {
    check(
        "not imported
         absent @nothing",
        "search @nothing",
        expect![[r#"
            refused: UserUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn searching_in_open_mode() {
    // Decision 80.
    check(
        "#0 @team: bits 1
         disbanded @team
         absent @nothing
         open chat-groups",
        "search @team @nothing",
        expect![[r#"
            found 1; groups: none
              #0 @team: bits 1, at 10
            nothing changed
        "#]],
    );
}

#[test]
fn users_of_whom_nothing_is_known() {
    check(
        "never written",
        "search bob
         page 0
         open accounts
         search bob
         page 0",
        expect![[r#"
            refused: UserUnknown
            refused: UserUnknown
            found 0; groups: none
            page, the last; groups: none
            nothing changed
        "#]],
    );
    check(
        "not imported",
        "search bob
         page 0",
        expect![[r#"
            refused: UserUnknown
            refused: UserUnknown
            nothing changed
        "#]],
    );
}

#[test]
fn the_only_page() {
    // Decision 26: every group, the empty one too. Decision 27: in order of creation.
    check(
        SAMPLE,
        "page 0",
        expect![[r#"
        page, the last; groups: 1 work 2 home 3 play
          #2 @team: in 1, at 1775186067
          #4 bob: in 1 2, bits 1 2 3, custom abcde, at 1775217000
          #7 carl: bits 63, at 30
        nothing changed
    "#]],
    );
}

#[test]
fn starting_at_a_number() {
    // Decision 27: any number may be asked for, and one beyond the end gives an empty, complete page with all groups.
    check(
        SAMPLE,
        "page 2
         page 3
         page 7
         page 8
         page 18446744073709551615",
        expect![[r#"
            page, the last; groups: 1 work 2 home 3 play
              #2 @team: in 1, at 1775186067
              #4 bob: in 1 2, bits 1 2 3, custom abcde, at 1775217000
              #7 carl: bits 63, at 30
            page, the last; groups: 1 work 2 home 3 play
              #4 bob: in 1 2, bits 1 2 3, custom abcde, at 1775217000
              #7 carl: bits 63, at 30
            page, the last; groups: 1 work 2 home 3 play
              #7 carl: bits 63, at 30
            page, the last; groups: 1 work 2 home 3 play
            page, the last; groups: 1 work 2 home 3 play
            nothing changed
        "#]],
    );
}

#[test]
fn a_user_with_nothing() {
    check(
        "",
        "page 0",
        expect![[r#"
        page, the last; groups: none
        nothing changed
    "#]],
    );
}

#[test]
fn records_of_disbanded_chat_groups_are_hidden() {
    // Decision 32. Decision 52: those of users who are gone are shown.
    check(
        "group 1 work
         #0 @old: in 1
         #1 @team: in 1
         #2 bob: bits 1
         disbanded @old
         absent bob",
        "page 0",
        expect![[r#"
            page, the last; groups: 1 work
              #1 @team: in 1, at 10
              #2 bob: bits 1, at 10
            nothing changed
        "#]],
    );
}

#[test]
fn nothing_is_hidden_in_open_mode() {
    // Decision 80.
    check(
        "#0 @old: bits 1
         disbanded @old
         open chat-groups",
        "page 0",
        expect![[r#"
            page, the last; groups: none
              #0 @old: bits 1, at 10
            nothing changed
        "#]],
    );
}

#[test]
fn hidden_records_come_back_with_their_chat_group() {
    // Decisions 32 and 46.
    check(
        "#0 @old: bits 1
         disbanded @old",
        "page 0
         @old> found Public Team
         page 0
         search @old
         @old> disband
         page 0",
        expect![[r#"
            page, the last; groups: none
            done
            page, the last; groups: none
              #0 @old: bits 1, at 10
            found 1; groups: none
              #0 @old: bits 1, at 10
            done
            page, the last; groups: none
            nothing changed
        "#]],
    );
}

/// Records of users `u0000` and up, with these numbers.
fn records(numbers: impl Iterator<Item = u32>) -> String {
    numbers.map(|n| format!("#{n} u{n:04}: bits 1\n")).collect()
}

/// The answers to `commands`, shortened to the number of records, the first and the last of them, and what is next.
fn pages(given: &str, commands: &str) -> String {
    use crate::support::answer::Answer;

    let mut given = crate::support::given::Given::new(given);
    let mut shown = String::new();
    for line in commands.lines().map(str::trim) {
        let (name, command) = crate::support::language::parse(line);
        if let Answer::Page { records, next, .. } = given.world.run(name, &command).answer {
            let ends = (records.first(), records.last());
            let ends = match ends {
                (Some(first), Some(last)) => format!("{} to {}", first.number, last.number),
                _ => "none".to_owned(),
            };
            shown += &format!("{} records, {ends}, next {next:?}\n", records.len());
        }
    }
    shown
}

#[test]
fn a_page_has_a_hundred_records() {
    // Decision 27.
    let shown = pages(&records(0..99), "page 0");
    expect![[r#"
        99 records, 0 to 98, next None
    "#]]
    .assert_eq(&shown);
    let shown = pages(&records(0..100), "page 0");
    expect![[r#"
        100 records, 0 to 99, next None
    "#]]
    .assert_eq(&shown);
    let shown = pages(&records(0..101), "page 0\npage 100\npage 101");
    expect![[r#"
        100 records, 0 to 99, next Some(100)
        1 records, 100 to 100, next None
        0 records, none, next None
    "#]]
    .assert_eq(&shown);
    let shown = pages(&records(0..250), "page 0\npage 100\npage 200\npage 1\npage 150");
    expect![[r#"
        100 records, 0 to 99, next Some(100)
        100 records, 100 to 199, next Some(200)
        50 records, 200 to 249, next None
        100 records, 1 to 100, next Some(101)
        100 records, 150 to 249, next None
    "#]]
    .assert_eq(&shown);
}

#[test]
fn the_next_page_starts_past_the_last_record_of_this_one() {
    // Decision 27: numbers, not places.
    let shown = pages(&records((0..300).map(|n| n * 2)), "page 0\npage 199\npage 200");
    expect![[r#"
        100 records, 0 to 198, next Some(199)
        100 records, 200 to 398, next Some(399)
        100 records, 200 to 398, next Some(399)
    "#]]
    .assert_eq(&shown);
}

#[test]
fn removals_between_pages_neither_skip_nor_repeat() {
    // Decision 27.
    let shown = pages(
        &records(0..201),
        "page 0
         mark u0000 clear 1, u0050 clear 1, u0100 clear 1, u0150 clear 1
         page 100
         page 200",
    );
    expect![[r#"
        100 records, 0 to 99, next Some(100)
        99 records, 101 to 200, next None
        1 records, 200 to 200, next None
    "#]]
    .assert_eq(&shown);
}

#[test]
fn hidden_records_do_not_shorten_a_page() {
    // Decision 32: a hidden record is not the last of a page, and none behind it makes another page.
    let mut given = records(0..101);
    given += "#101 @old: bits 1\n#102 @older: bits 1\ndisbanded @old @older";
    expect![[r#"
        100 records, 0 to 99, next Some(100)
        1 records, 100 to 100, next None
    "#]]
    .assert_eq(&pages(&given, "page 0\npage 100"));

    let mut given = "#0 @old: bits 1\n".to_owned();
    given += &records(1..101);
    given += "#101 @older: bits 1\ndisbanded @old @older";
    expect![[r#"
        100 records, 1 to 100, next None
    "#]]
    .assert_eq(&pages(&given, "page 0"));
}
