//! Calls that are carried out once, and calls that expect a revision.

use expect_test::expect;
use foldmark_core::limits;

use crate::check;
use crate::support::given::{Given, setting};
use crate::support::language::parse;
use crate::support::world::World;

#[test]
fn a_call_that_is_made_again_is_answered_as_the_first_time() {
    check(
        "absent nobody",
        "once k create work: bob nobody
         delete work
         once k create work: bob nobody",
        expect![[r#"
            created 1: [ok, PeerUnknown]
            deleted 1
            created 1: [ok, PeerUnknown]
            revision 7, changes since 0, next group 2, next record 1
            counted: 0 grouped, 0 marked, 0 records, 1 removals
            removed group 1, rev 7
            removed bob: at 100, rev 7
            call k, rev 6
        "#]],
    );
    check(
        "group 1 work",
        "once a rename work to home
         once b change home: add bob, remove carl
         once c mark bob set 1
         once d apply mark carl set 1; create new; order new
         once e delete home
         once f ex new red
         once a rename work to home
         once b change home: add bob, remove carl
         once c mark bob set 1
         once d apply mark carl set 1; create new; order new
         once e delete home
         once f ex new red",
        expect![[r#"
            renamed 1
            changed 1: [ok, ok]
            marked: [ok]
            applied: - 2 -
            deleted 1
            done
            renamed 1
            changed 1: [ok, ok]
            marked: [ok]
            applied: - 2 -
            deleted 1
            done
            revision 11, changes since 0, next group 3, next record 2
            counted: 0 grouped, 2 marked, 2 records, 0 removals
            group 2 new, order 1, ex red, rev 11
            removed group 1, rev 10
            #0 bob: bits 1, at 100, rev 10
            #1 carl: bits 1, at 100, rev 9
            call a, rev 6
            call b, rev 7
            call c, rev 8
            call d, rev 9
            call e, rev 10
            call f, rev 11
        "#]],
    );
}

#[test]
fn another_call_under_the_same_key_is_refused() {
    check(
        "",
        "once k mark bob set 1\nonce k mark bob set 2\nmark bob set 2",
        expect![[r#"
        marked: [ok]
        refused: KeyReused
        marked: [ok]
        revision 7, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 1 2, at 100, rev 7
        call k, rev 6
    "#]],
    );
}

#[test]
fn a_call_that_changed_nothing_may_be_made_again() {
    check(
        "#0 bob: bits 1",
        "once k mark bob set 1
         once k delete work
         once k mark bob set 1
         once k mark bob set 2",
        expect![[r#"
            marked: [ok]
            refused: GroupUnknown
            marked: [ok]
            marked: [ok]
            revision 6, changes since 0, next group 1, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #0 bob: bits 1 2, at 100, rev 6
            call k, rev 6
        "#]],
    );
}

#[test]
fn keys_are_forgotten_after_a_day_by_the_next_keyed_commit() {
    check(
        "",
        "once a mark bob set 1
         clock 200
         once b mark bob set 2
         clock 86500
         once c mark bob set 3
         once a mark bob set 4
         once b mark bob set 2",
        expect![[r#"
            marked: [ok]
            marked: [ok]
            marked: [ok]
            marked: [ok]
            marked: [ok]
            revision 9, changes since 0, next group 1, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #0 bob: bits 1 2 3 4, at 86500, rev 9
            call b, rev 7
            call c, rev 8
            call a, rev 9
        "#]],
    );
}

#[test]
fn the_oldest_keys_make_room() {
    let mut world = Given::new("").world;
    run(&mut world, "ann> import");
    for n in 0..=limits::REQUEST_KEYS {
        run(&mut world, &format!("once k{n} ex g{n} x"));
        run(&mut world, &format!("once k{n} import nick {n}"));
    }
    let snapshot = world.snapshot("ann").unwrap();
    assert_eq!(snapshot.keys.len(), limits::REQUEST_KEYS);
    assert_eq!((&*snapshot.keys[0].0, &*snapshot.keys[63].0), ("k1", "k64"));
    assert!(repeats(&mut world, "once k64 import nick 64"));
    assert!(!repeats(&mut world, "once k0 import nick 0"));
}

#[test]
fn a_revision_that_is_not_there_any_more_refuses() {
    check(
        "revision 7",
        "at 6 mark bob set 1
         at 7 mark bob set 1
         at 7 mark bob set 2
         at 8 delete work",
        expect![[r#"
            refused: RevisionChanged { present: Revision(7) }
            marked: [ok]
            refused: RevisionChanged { present: Revision(8) }
            refused: GroupUnknown
            revision 8, changes since 0, next group 1, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #0 bob: bits 1, at 100, rev 8
        "#]],
    );
    check(
        "never written\nopen accounts",
        "at 0 mark bob set 1\nat 0 mark bob set 2",
        expect![[r#"
        marked: [ok]
        refused: RevisionChanged { present: Revision(1) }
        not imported
        revision 1, changes since 0, next group 1, next record 1
        counted: 0 grouped, 1 marked, 1 records, 0 removals
        #0 bob: bits 1, at 100, rev 1
    "#]],
    );
}

#[test]
fn a_call_made_before_is_recognised_whatever_the_revision_is_by_now() {
    check(
        "revision 7",
        "once k at 7 mark bob set 1
         mark bob set 2
         once k at 7 mark bob set 1",
        expect![[r#"
            marked: [ok]
            marked: [ok]
            marked: [ok]
            revision 9, changes since 0, next group 1, next record 1
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #0 bob: bits 1 2, at 100, rev 9
            call k, rev 8
        "#]],
    );
}

#[test]
fn keys_go_with_the_account() {
    check(
        "",
        "once k mark bob set 1
         delete-account
         import
         once k mark bob set 1",
        expect![[r#"
            marked: [ok]
            done
            done
            marked: [ok]
            revision 9, changes since 7, next group 1, next record 2
            counted: 0 grouped, 1 marked, 1 records, 0 removals
            #1 bob: bits 1, at 100, rev 9
            call k, rev 9
        "#]],
    );
}

#[test]
fn the_answer_is_that_of_the_first_revision() {
    let mut world = Given::new("").world;
    run(&mut world, "ann> import");
    run(&mut world, "once k import nick A");
    run(&mut world, "import nick B");
    let (name, command) = parse("once k import nick A");
    let outcome = world.run(name, &command);
    let revision = world.snapshot("ann").unwrap().revision;
    assert_eq!(outcome.repeats.map(|repeats| repeats.get() + 1), Some(revision));
}

fn run(world: &mut World, line: &str) {
    assert!(!setting(world, line));
    let (name, command) = parse(line);
    world.run(name, &command);
}

fn repeats(world: &mut World, line: &str) -> bool {
    let (name, command) = parse(line);
    world.run(name, &command).repeats.is_some()
}
