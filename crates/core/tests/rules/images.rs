//! Putting whole users and chat groups, as they were in another store.

use expect_test::{Expect, expect};
use foldmark_core::command::Command;
use foldmark_core::decision::Refusal;
use foldmark_core::format::chat_group::ChatGroupHead;
use foldmark_core::image::{ChatGroupImage, GroupImage, RecordImage, UserImage, UserParts};
use foldmark_core::limits;
use foldmark_core::mark::{CustomMark, GroupEx, GroupId, GroupName, StandardMark};
use foldmark_core::subject::Revision;

use crate::state;
use crate::support::answer::Answer;
use crate::support::given::Given;
use crate::support::language::{conversation, parse};
use crate::support::world::{ANN, World};

const FULL: &str = "revision 9
                    nick Ann, face http
                    next group 7
                    next record 9
                    group 2 work, rev 4
                    group 5 家, rev 8
                    removed group 6, rev 9
                    #3 bob: in 2 5, bits 0 63, at 20, rev 5
                    #1 @team: custom \"a b\", at 30, rev 9
                    removed dora: at 40, rev 7";

/// Puts Ann as she is in `image` where she is as `given`, and compares the answer and what is then stored of her.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "tables read better without a reference")]
fn check(image: &str, replace: bool, given: &str, expected: Expect) {
    let source = Given::new(image).world;
    let mut world = Given::new(given).world;
    let before = world.clone();
    let answer = put(&source, &mut world, replace);
    expected.assert_eq(&(answer.to_string() + &state(&before, &world, ANN)));
    if !answer.is_refused() {
        let after = world.clone();
        assert_eq!(put(&source, &mut world, replace), answer, "again");
        assert_eq!(world.kept(ANN), after.kept(ANN), "again");
    }
}

fn put(source: &World, target: &mut World, replace: bool) -> Answer {
    source.look(ANN, |view| {
        let image = UserImage::of(view).expect("she was described");
        assert_eq!(UserImage::new(image.parts().clone()).as_ref(), Ok(&image), "what is stored is an image");
        target.run(ANN, &Command::PutUser { image: &image, replace }).answer
    })
}

#[test]
fn a_user_arrives_with_ids_numbers_and_times() {
    check(
        FULL,
        false,
        "never written",
        expect![[r#"
            done
            nick Ann, face http
            revision 1, changes since 1, next group 7, next record 9
            counted: 1 grouped, 2 marked, 2 records, 0 removals
            group 2 work, rev 1
            group 5 家, rev 1
            #1 @team: custom "a b", at 30, rev 1
            #3 bob: in 2 5, bits 0 63, at 20, rev 1
        "#]],
    );
}

#[test]
fn an_empty_user_gives_way_and_keeps_higher_numbers() {
    check(
        FULL,
        false,
        "nick Old, face old
         next group 8
         next record 4
         removed carl: at 10",
        expect![[r#"
            done
            nick Ann, face http
            revision 6, changes since 6, next group 8, next record 9
            counted: 1 grouped, 2 marked, 2 records, 0 removals
            group 2 work, rev 6
            group 5 家, rev 6
            #1 @team: custom "a b", at 30, rev 6
            #3 bob: in 2 5, bits 0 63, at 20, rev 6
        "#]],
    );
}

#[test]
fn what_is_there_is_not_replaced_unless_asked() {
    for given in ["group 1 home", "#0 carl: bits 1", "group 1 home\n#0 bob: in 1"] {
        check(
            FULL,
            false,
            given,
            expect![[r#"
                refused: Occupied
                nothing changed
            "#]],
        );
    }
}

#[test]
fn replacing_leaves_nothing_of_what_was() {
    check(
        FULL,
        true,
        "group 1 home
         group 9 more
         #0 carl: in 1
         #1 bob: bits 5
         removed dora: at 10",
        expect![[r#"
            done
            nick Ann, face http
            revision 6, changes since 6, next group 10, next record 9
            counted: 1 grouped, 2 marked, 2 records, 0 removals
            group 2 work, rev 6
            group 5 家, rev 6
            #1 @team: custom "a b", at 30, rev 6
            #3 bob: in 2 5, bits 0 63, at 20, rev 6
        "#]],
    );
}

#[test]
fn keys_of_calls_neither_come_nor_stay() {
    let once = |world: &mut World| {
        let (name, command) = parse("once k create more");
        let outcome = world.run(name, &command);
        assert!(!outcome.answer.is_refused());
        outcome.repeats.is_some()
    };
    let mut source = Given::new(FULL).world;
    assert!(!once(&mut source) && once(&mut source));
    let mut target = Given::new("group 1 home").world;
    assert!(!once(&mut target) && once(&mut target));
    assert!(!put(&source, &mut target, true).is_refused());
    assert!(target.snapshot(ANN).unwrap().keys.is_empty());
    let (name, command) = parse("delete more");
    target.run(name, &command);
    assert!(!once(&mut target), "the call is a new one to whom was put");
}

#[test]
fn a_deleted_account_arrives_as_one() {
    check(
        "not imported
         next group 4
         next record 6",
        false,
        "never written",
        expect![[r#"
            done
            not imported
            revision 1, changes since 1, next group 4, next record 6
            counted: 0 grouped, 0 marked, 0 records, 0 removals
        "#]],
    );
}

#[test]
fn the_limits_of_the_application_refuse_no_image() {
    check(
        "group 1 \"a long name\"
         group 2 b
         #0 bob: in 1
         #1 carl: in 2",
        false,
        "never written
         limits groups 1, grouped 1, marked 0, name 2",
        expect![[r#"
            done
            revision 1, changes since 1, next group 3, next record 2
            counted: 2 grouped, 0 marked, 2 records, 0 removals
            group 1 "a long name", rev 1
            group 2 b, rev 1
            #0 bob: in 1, at 10, rev 1
            #1 carl: in 2, at 10, rev 1
        "#]],
    );
}

#[test]
fn a_user_who_was_put_has_another_incarnation() {
    let incarnation = |world: &World| world.snapshot(ANN).expect("she is there").head.incarnation;
    let mut world = Given::new("group 1 home").world;
    let before = incarnation(&world);
    put(&Given::new(FULL).world, &mut world, true);
    let put_once = incarnation(&world);
    assert_ne!(put_once, before);
    put(&Given::new("group 1 home").world, &mut world, true);
    assert_ne!(incarnation(&world), put_once);
}

#[test]
fn a_user_of_default_limits_fits_whatever_was_there() {
    let parts = largest(1_000, 256);
    let mut world = World::new();
    put_largest(&mut world, largest(limits::MARKED_CONVERSATIONS_CEILING, 1)).expect("short marks fit");
    put_largest(&mut world, parts).expect("the default limits fit");
}

#[test]
fn a_user_too_large_for_one_commit_is_refused() {
    let mut world = World::new();
    let refusal = put_largest(&mut world, largest(limits::MARKED_CONVERSATIONS_CEILING, 512)).unwrap_err();
    let Refusal::TooLarge { bytes, limit } = refusal else { panic!("{refusal:?}") };
    assert!(bytes > limit && limit == limits::COMMIT_BYTES);
    assert!(world.kept(ANN).is_none());
}

fn put_largest(world: &mut World, parts: UserParts<'_>) -> Result<(), Refusal> {
    let image = UserImage::new(parts).expect("it is within the ceilings");
    match world.run(ANN, &Command::PutUser { image: &image, replace: true }).answer {
        Answer::Done => Ok(()),
        Answer::Refused(refusal) => Err(refusal),
        other => panic!("{other}"),
    }
}

/// As many conversations in all groups as with marks, of the longest ids.
fn largest(each: u32, custom_bytes: usize) -> UserParts<'static> {
    let groups: Vec<_> = (1..=limits::GROUPS_CEILING)
        .map(|id| GroupImage {
            id: GroupId(id),
            name: GroupName::parse(&format!("{id:0>128}"), usize::MAX).expect("it is no longer than may be"),
            order: u32::MAX,
            ex: GroupEx::parse(&"e".repeat(512)).expect("it is no longer than may be"),
        })
        .collect();
    let all: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let records = (0..2 * each).map(|number| {
        let marked = number < each;
        RecordImage {
            conversation: conversation(Box::leak(format!("@{number:0>63}").into_boxed_str())),
            number,
            timestamp: u64::MAX,
            standard_mark: StandardMark(if marked { u64::MAX } else { 0 }),
            custom_mark: CustomMark::parse(&"x".repeat(if marked { custom_bytes } else { 0 }), 512)
                .expect("it is no longer than may be"),
            groups: if marked { Vec::new() } else { all.clone() },
        }
    });
    UserParts {
        next_group_id: 101,
        next_record_number: 2 * each,
        groups,
        records: records.collect(),
        ..empty()
    }
}

#[test]
fn parts_that_contradict_each_other_are_no_image() {
    let refused = |change: fn(&mut UserParts<'_>), expected: Expect| {
        let mut parts = small();
        change(&mut parts);
        expected.assert_eq(&UserImage::new(parts).unwrap_err().to_string());
    };
    UserImage::new(small()).expect("it is an image");
    refused(
        |parts| parts.nick = Box::leak("x".repeat(501).into_boxed_str()),
        expect!["the nickname has 501 bytes, and may have at most 500"],
    );
    refused(
        |parts| parts.face_url = Box::leak("x".repeat(501).into_boxed_str()),
        expect!["the face URL has 501 bytes, and may have at most 500"],
    );
    refused(
        |parts| (parts.imported, parts.nick) = (false, "Ann"),
        expect!["a user who is not imported has a nickname or a face URL"],
    );
    refused(
        |parts| (parts.imported, parts.face_url) = (false, "http"),
        expect!["a user who is not imported has a nickname or a face URL"],
    );
    refused(
        |parts| parts.next_group_id = 0,
        expect!["the next group id is 0, and must be from 1 to 2147483647"],
    );
    refused(
        |parts| parts.next_record_number = 1 << 31,
        expect!["the next record number is 2147483648, and must be from 0 to 2147483647"],
    );
    refused(
        |parts| parts.groups[0].id = GroupId(0),
        expect!["group 0 is not from 1 to below the next group id, 3"],
    );
    refused(
        |parts| parts.groups[1].id = GroupId(3),
        expect!["group 3 is not from 1 to below the next group id, 3"],
    );
    refused(|parts| parts.groups[1].id = GroupId(2), expect!["group 2 is there twice"]);
    refused(
        |parts| parts.groups[1].name = parts.groups[0].name.clone(),
        expect!["group 2 has the name of another group"],
    );
    refused(
        |parts| parts.records[1].conversation = parts.records[0].conversation,
        expect![[r#"conversation "bob" is there twice"#]],
    );
    refused(
        |parts| parts.next_record_number = 1,
        expect![[r#"conversation "carl" has number 1, and the next number is 1"#]],
    );
    refused(
        |parts| parts.records[1].number = 0,
        expect![[r#"conversation "carl" has number 0, which another one has too"#]],
    );
    refused(
        |parts| parts.records[1].standard_mark = StandardMark(0),
        expect![[r#"conversation "carl" is in no group and has no mark"#]],
    );
    refused(
        |parts| parts.records[0].groups.push(GroupId(3)),
        expect![[r#"conversation "bob" is in group 3, which does not exist or was named before"#]],
    );
    refused(
        |parts| parts.records[0].groups.push(GroupId(1)),
        expect![[r#"conversation "bob" is in group 1, which does not exist or was named before"#]],
    );
}

#[test]
fn more_than_the_ceilings_is_no_image() {
    let over = limits::MARKED_CONVERSATIONS_CEILING + 1;
    let mut parts = largest(over, 1);
    expect!["there are 5001 conversations in groups, and may be at most 5000"]
        .assert_eq(&UserImage::new(parts.clone()).unwrap_err().to_string());
    parts.records.retain(|record| record.groups.is_empty());
    expect!["there are 5001 conversations with marks, and may be at most 5000"]
        .assert_eq(&UserImage::new(parts.clone()).unwrap_err().to_string());
    parts.records.clear();
    let name = GroupName::parse("one more", usize::MAX).expect("it is short");
    parts.groups.push(GroupImage { id: GroupId(101), name, order: 0, ex: GroupEx::default() });
    parts.next_group_id = 102;
    expect!["there are 101 groups, and may be at most 100"]
        .assert_eq(&UserImage::new(parts).unwrap_err().to_string());
}

fn empty() -> UserParts<'static> {
    UserParts {
        imported: true,
        nick: "",
        face_url: "",
        next_group_id: 1,
        next_record_number: 0,
        groups: Vec::new(),
        records: Vec::new(),
    }
}

fn small() -> UserParts<'static> {
    let group = |id, name| GroupImage {
        id: GroupId(id),
        name: GroupName::parse(name, usize::MAX).expect("it is short"),
        order: 0,
        ex: GroupEx::default(),
    };
    let record = |name, number, groups: &[u32], bits| RecordImage {
        conversation: conversation(name),
        number,
        timestamp: 1,
        standard_mark: StandardMark(bits),
        custom_mark: CustomMark::default(),
        groups: groups.iter().map(|id| GroupId(*id)).collect(),
    };
    UserParts {
        next_group_id: 3,
        next_record_number: 2,
        groups: vec![group(2, "b"), group(1, "a")],
        records: vec![record("bob", 0, &[2, 1], 0), record("carl", 1, &[], 1)],
        ..empty()
    }
}

#[test]
fn chat_groups_arrive() {
    let team = ChatGroupHead {
        alive: true,
        kind: "Public".into(),
        name: "The team".into(),
        owner: "bob".into(),
        created: 7,
    };
    let other = ChatGroupHead { name: "Another".into(), ..team.clone() };
    let disbanded = ChatGroupHead { alive: false, ..team.clone() };
    let put = |given: Option<&ChatGroupHead>, head: &ChatGroupHead, replace| {
        let mut world = World::new();
        if let Some(given) = given {
            world.keep_chat_group("@team", given);
        }
        let before = world.clone();
        let image = ChatGroupImage::new(head.clone()).expect("it is an image");
        let answer = world.run("@team", &Command::PutChatGroup { image: &image, replace }).answer;
        let changed = world.kept("@team") != before.kept("@team");
        (answer, changed, world.chat_group("@team"))
    };
    let occupied = || Answer::Refused(Refusal::Occupied);
    assert_eq!(put(None, &team, false), (Answer::Done, true, Some(team.clone())));
    assert_eq!(put(None, &disbanded, false), (Answer::Done, true, Some(disbanded.clone())));
    assert_eq!(put(Some(&team), &team, false), (Answer::Done, false, Some(team.clone())));
    assert_eq!(put(Some(&team), &other, false), (occupied(), false, Some(team.clone())));
    assert_eq!(put(Some(&team), &disbanded, false), (occupied(), false, Some(team.clone())));
    assert_eq!(put(Some(&team), &other, true), (Answer::Done, true, Some(other.clone())));
    assert_eq!(put(Some(&disbanded), &other, false), (Answer::Done, true, Some(other)));
}

#[test]
fn heads_of_chat_groups_that_are_no_image() {
    let head = |kind: &str, name: &str, owner: &str| ChatGroupHead {
        alive: true,
        kind: kind.into(),
        name: name.into(),
        owner: owner.into(),
        created: 0,
    };
    let reason = |head| ChatGroupImage::new(head).unwrap_err().to_string();
    expect!["the type has 33 bytes, and may have at most 32"].assert_eq(&reason(head(
        &"x".repeat(33),
        "",
        "",
    )));
    expect!["the name has 101 bytes, and may have at most 100"].assert_eq(&reason(head(
        "",
        &"x".repeat(101),
        "",
    )));
    expect!["the owner is no user id"].assert_eq(&reason(head("", "", &"x".repeat(33))));
    ChatGroupImage::new(head(&"x".repeat(32), &"x".repeat(100), "")).expect("the longest texts are allowed");
}

#[test]
fn nobody_is_an_image_of_nothing() {
    let mut world = World::new();
    world.look(ANN, |view| assert_eq!(UserImage::of(view), None));
    world.keep_user(ANN, 1, &foldmark_core::format::head::UserHead::new(1), &[]);
    world.look(ANN, |view| assert_eq!(view.revision, Revision::new(1)));
    world.look(ANN, |view| assert!(UserImage::of(view).is_some()));
}

#[test]
fn a_user_who_was_taken_back_is_the_same_of_another_incarnation() {
    let mut world = Given::new(FULL).world;
    let before = world.clone();
    let incarnation =
        |world: &World| world.look(ANN, |view| view.user().expect("she was written").incarnation);
    let answer = world.run(ANN, &Command::RenewIncarnation).answer;
    expect![[r#"
        done
        nick Ann, face http
        revision 10, changes since 10, next group 7, next record 9
        counted: 1 grouped, 2 marked, 2 records, 1 removals
        group 2 work, rev 4
        group 5 家, rev 8
        removed group 6, rev 9
        #1 @team: custom "a b", at 30, rev 9
        #3 bob: in 2 5, bits 0 63, at 20, rev 5
        removed dora: at 40, rev 7
    "#]]
    .assert_eq(&(answer.to_string() + &state(&before, &world, ANN)));
    assert_ne!(incarnation(&world), incarnation(&before));
    world.look(ANN, |after| {
        before.look(ANN, |before| assert_eq!(UserImage::of(after), UserImage::of(before)));
        assert_eq!(foldmark_core::verify::check(after), []);
    });

    let mut world = World::new();
    assert_eq!(world.run(ANN, &Command::RenewIncarnation).answer, Answer::Done);
    assert!(world.kept(ANN).is_none());
}
