//! Groups and marks of one user, added to another.

use expect_test::{Expect, expect};
use foldmark_core::command::Command;
use foldmark_core::layout::Layout;

use crate::support::answer::Answer;
use crate::support::given::{Given, setting};
use crate::support::language::parse;
use crate::support::world::ANN;

const TEMPLATE: &str = "group 1 work
                        group 2 home
                        #0 bob: in 1 2, bits 0, custom \"t\"
                        #1 @team: in 2
                        #2 @gone: in 1
                        #3 new: bits 5
                        disbanded @gone";

#[test]
fn a_new_user_gets_what_the_template_shows() {
    copied(
        "ann> order home\nex home red",
        "new> import",
        expect![[r#"
        done
        revision 2, changes since 0, next group 3, next record 2
        counted: 2 grouped, 1 marked, 2 records, 0 removals
        group 1 home, ex red, rev 2
        group 2 work, rev 2
        #0 bob: in 1 2, bits 0, custom t, at 100, rev 2
        #1 @team: in 1, at 100, rev 2
        done
    "#]],
    );
}

#[test]
fn what_a_user_has_decided_stays() {
    copied(
        "ex home red",
        "new> import
         new> create home: carl
         new> ex home blue
         new> mark bob set 7 custom mine, carl set 1",
        expect![[r#"
            done
            revision 5, changes since 0, next group 3, next record 3
            counted: 3 grouped, 2 marked, 3 records, 0 removals
            group 1 home, ex blue, rev 3
            group 2 work, rev 5
            #0 carl: in 1, bits 1, at 100, rev 4
            #1 bob: in 1 2, bits 0 7, custom mine, at 100, rev 5
            #2 @team: in 1, at 100, rev 5
            done
        "#]],
    );
}

#[test]
fn all_of_it_or_nothing() {
    copied(
        "",
        "new> import\nlimits marked 1, grouped 1",
        expect![[r#"
        refused: TooManyGrouped { limit: 1 }
        revision 1, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        refused: TooManyGrouped { limit: 1 }
    "#]],
    );
    copied(
        "",
        "new> import\nlimits groups 1",
        expect![[r#"
        refused: TooManyGroups { limit: 1 }
        revision 1, changes since 0, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        refused: TooManyGroups { limit: 1 }
    "#]],
    );
    copied(
        "",
        "new> delete-account",
        expect![[r#"
        refused: UserUnknown
        not imported
        revision 2, changes since 2, next group 1, next record 0
        counted: 0 grouped, 0 marked, 0 records, 0 removals
        refused: UserUnknown
    "#]],
    );
}

#[test]
fn a_template_has_bounds() {
    let records = |count: u32| -> String { (0..count).map(|n| format!("#{n} u{n}: bits 1\n")).collect() };
    let mut world = Given::new(&records(500)).world;
    assert!(!world.run(ANN, &Command::ReadLayout).answer.is_refused());
    let mut world = Given::new(&records(501)).world;
    expect![[r#"
        refused: LayoutTooLarge { conversations: 501, limit: 500 }
    "#]]
    .assert_eq(&world.run(ANN, &Command::ReadLayout).answer.to_string());
}

/// Copies Ann to `new`, after these lines of both, twice.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "tables read better without a reference")]
fn copied(ann: &str, new: &str, expected: Expect) {
    let mut given = Given::new(TEMPLATE);
    for name in ["bob", "carl", "@team"] {
        given.suppose(name);
    }
    for line in ann.lines().chain(new.lines()).map(str::trim) {
        if !setting(&mut given.world, line) {
            let (name, command) = parse(line);
            given.world.run(name, &command);
        }
    }
    let answer = given.world.run(ANN, &Command::ReadLayout).answer;
    let Answer::Layout(layout) = answer else { panic!("{answer}") };
    assert_eq!(layout.conversations().count(), layout.counts().1);
    let mut shown = copy(&mut given, &layout);
    if let Some(snapshot) = given.world.snapshot("new") {
        shown += &snapshot.to_string();
    }
    let before = given.world.clone();
    shown += &copy(&mut given, &layout);
    assert_eq!(before.kept("new"), given.world.kept("new"), "copying again changes nothing");
    expected.assert_eq(&shown);
}

fn copy(given: &mut Given, layout: &Layout) -> String {
    given.world.run("new", &Command::CopyLayout { layout }).answer.to_string()
}
