//! Each kind of problem is made in a user who has none, and found as the only one.

use expect_test::{Expect, expect};

use super::*;
use crate::command::Reads;
use crate::format::chat_group::{self, ChatGroupHead};
use crate::format::head::{self, Group, RemovedGroup};
use crate::format::record::Removal;
use crate::format::request_key::{self, KeptCall, KeptOutcome, LIST_KEY, ListedKey};
use crate::mark::{CustomMark, GroupEx, GroupId, GroupName, Slot, StandardMark};
use crate::stored::Stored;
use crate::subject::{AppId, ChatGroupId, RequestKey, Subject};

/// A user, to be damaged.
struct User {
    revision: u64,
    head: UserHead,
    bob: Record,
    /// About the chat group `g`.
    other: Record,
    removal: Removal,
}

#[test]
fn a_sound_user_has_no_problems() {
    problems(|_| {}, &expect![""]);
}

#[test]
fn counters_are_recounted() {
    problems(
        |user| user.head.grouped += 1,
        &expect!["the head counts 3 grouped conversations, but there are 2"],
    );
    problems(
        |user| user.head.marked -= 1,
        &expect!["the head counts 0 marked conversations, but there are 1"],
    );
    problems(|user| user.head.records -= 1, &expect!["the head counts 1 records, but there are 2"]);
    problems(|user| user.head.removals += 1, &expect!["the head counts 2 removals, but there are 1"]);
}

#[test]
fn numbers_of_records_are_unique_and_were_given() {
    problems(
        |user| user.other.number = user.bob.number,
        &expect![[r#"the record of chat group "g" shares number 3 with another record"#]],
    );
    problems(
        |user| user.head.next_record_number = 5,
        &expect![[r#"the record of chat group "g" has number 5, which was not given yet"#]],
    );
}

#[test]
fn groups_are_in_order_and_unique() {
    problems(|user| user.head.groups.swap(0, 1), &expect!["group 2 is out of order"]);
    problems(|user| user.head.next_group_id = 4, &expect!["group 4 is out of order"]);
    problems(
        |user| user.head.groups[1].name = group_name("work"),
        &expect!["group 4 has the name of another group"],
    );
    problems(
        |user| {
            user.head.groups[1].slot = user.head.groups[0].slot;
            user.other.groups = user.bob.groups;
        },
        &expect!["group 4 shares its slot with another group"],
    );
}

#[test]
fn removed_groups_are_in_order_and_gone() {
    problems(|user| user.head.removed_groups[0].id = GroupId(2), &expect!["removed group 2 is out of order"]);
    problems(|user| user.head.removed_groups[0].id = GroupId(0), &expect!["removed group 0 is out of order"]);
    problems(|user| user.head.removed_groups[0].id = GroupId(5), &expect!["removed group 5 is out of order"]);
    problems(|user| user.head.removed_groups[1].id = GroupId(1), &expect!["removed group 1 is out of order"]);
    problems(|user| user.head.removed_groups.swap(0, 1), &expect!["removed group 1 is out of order"]);
}

#[test]
fn records_say_something() {
    problems(
        |user| {
            user.other.groups = GroupSet::default();
            user.head.grouped -= 1;
        },
        &expect![[r#"the record of chat group "g" is empty"#]],
    );
}

#[test]
fn records_are_in_groups_that_there_are() {
    problems(
        |user| user.other.groups = user.other.groups.with(slot(127)),
        &expect![[r#"the record of chat group "g" is in a group that does not exist"#]],
    );
}

#[test]
fn nothing_is_newer_than_the_user() {
    let late = Revision::new(21);
    problems(|user| user.bob.revision = late, &expect![[r#"the record of user "bob" has revision 21"#]]);
    problems(
        |user| user.removal.revision = late,
        &expect![[r#"the removal of user "carl" has revision 21"#]],
    );
    problems(|user| user.head.groups[0].revision = late, &expect!["group 2 has revision 21"]);
    problems(|user| user.head.removed_groups[1].revision = late, &expect!["removed group 3 has revision 21"]);
    problems(|user| user.head.changes_since = late, &expect!["the start of known changes has revision 21"]);
    problems(
        |user| user.bob.revision = Revision::ZERO,
        &expect![[r#"the record of user "bob" has revision 0"#]],
    );
}

#[test]
fn next_numbers_can_be_given() {
    problems(
        |user| user.head.next_record_number = u32::MAX,
        &expect!["the next record number is 4294967295"],
    );
    problems(|user| user.head.next_group_id = u32::MAX, &expect!["the next group id is 4294967295"]);
    let behind_the_last = limits::NUMBER_MAX + 1;
    problems(|user| user.head.next_group_id = behind_the_last, &expect![""]);
    problems(
        |user| user.head.next_group_id = behind_the_last + 1,
        &expect!["the next group id is 2147483648"],
    );
    let mut empty = UserHead::new(7);
    empty.next_group_id = 0;
    assert_eq!(
        check_user(Revision::new(1), &empty, &[]),
        [Problem::NextOutOfRange { what: "group id", next: 0 }]
    );
}

#[test]
fn ceilings_hold() {
    let text: Vec<String> = (0..=limits::GROUPED_CONVERSATIONS_CEILING).map(|n| format!("u{n}")).collect();
    let mut rows = Vec::new();
    for (number, peer) in text.iter().enumerate() {
        let record = Record { number: number as u32, standard_mark: StandardMark(1), ..user().bob };
        rows.push((peer_of(peer), Row::Record(record)));
    }
    let count = rows.len() as u32;
    let head = UserHead {
        next_record_number: count,
        records: count,
        grouped: count,
        marked: count,
        removals: 0,
        ..user().head
    };
    let found = check_user(Revision::new(20), &head, &rows);
    let too_many = |what| Problem::TooMany { what, counted: 5_001, ceiling: 5_000 };
    assert_eq!(found, [too_many("grouped conversations"), too_many("marked conversations")]);

    let removal = Row::Removal(user().removal);
    let rows: Vec<_> = text[..1_001].iter().map(|peer| (peer_of(peer), removal.clone())).collect();
    let head = UserHead { removals: 1_001, ..UserHead::new(7) };
    let found = check_user(Revision::new(20), &head, &rows);
    assert_eq!(found, [Problem::TooMany { what: "removals", counted: 1_001, ceiling: 1_000 }]);
    let head = UserHead { removals: 1_000, ..head };
    assert_eq!(check_user(Revision::new(20), &head, &rows[1..]), []);
}

#[test]
fn there_are_not_too_many_groups() {
    let group = |n: u32| Group {
        id: GroupId(n + 1),
        slot: slot(n as u8),
        name: group_name(&n.to_string()),
        revision: Revision::new(1),
        order: 0,
        ex: GroupEx::default(),
    };
    let removed = |n: u32| RemovedGroup { id: GroupId(200 + n), revision: Revision::new(1) };
    let head = UserHead {
        next_group_id: 300,
        groups: (0..=limits::GROUPS_CEILING).map(group).collect(),
        removed_groups: (0..=limits::REMOVED_GROUPS as u32).map(removed).collect(),
        ..UserHead::new(7)
    };
    let found = check_user(Revision::new(1), &head, &[]);
    let groups = Problem::TooMany { what: "groups", counted: 101, ceiling: 100 };
    let removed = Problem::TooMany { what: "removed groups", counted: 33, ceiling: 32 };
    assert_eq!(found, [groups, removed]);
}

#[test]
fn a_stored_user_has_a_revision() {
    assert_eq!(check_user(Revision::ZERO, &UserHead::new(7), &[]), [Problem::RevisionZero]);
}

#[test]
fn views_are_checked_from_their_bytes() {
    let ann = Subject::user(app(), UserId::parse("ann").unwrap());
    let head = UserHead { records: 1, ..UserHead::new(7) };
    let stored = Stored::new(Revision::new(3), &head::encode(ann, Revision::new(3), &head));
    let view = View::decode(ann, &stored, Reads::Whole).unwrap();
    assert_eq!(check(&view), [Problem::Miscounted { what: "records", stored: 1, counted: 0 }]);
    let nothing = Stored::absent();
    assert_eq!(check(&View::decode(ann, &nothing, Reads::Whole).unwrap()), []);
}

#[test]
fn request_keys_are_listed_once_and_remembered_once() {
    let ann = Subject::user(app(), UserId::parse("ann").unwrap());
    let listed = |keys: &[&str]| -> Vec<ListedKey> {
        keys.iter().map(|key| ListedKey { key: (*key).into(), time: 1 }).collect()
    };
    let problems = |list: &[&str], kept: &[&str], made: u64| -> Vec<String> {
        let revision = Revision::new(3);
        let mut stored = Stored::new(revision, &head::encode(ann, revision, &UserHead::new(7)));
        stored.push(LIST_KEY, &request_key::encode_list(ann, &listed(list)));
        let revision = Revision::new(made);
        for key in kept {
            let key = RequestKey::parse(key).unwrap();
            let call = KeptCall { revision, time: 1, hash: [0; 32], outcome: KeptOutcome::Done };
            stored.push(key.row_key(), &request_key::encode(ann, key, &call));
        }
        check(&View::decode(ann, &stored, Reads::Whole).unwrap()).iter().map(Problem::to_string).collect()
    };
    let unmatched = |key| format!("the request key {key:?} is not once in the list and once remembered");
    assert_eq!(problems(&["b", "a"], &["a", "b"], 3), [""; 0]);
    assert_eq!(problems(&["b"], &["a", "b"], 3), [unmatched("a")]);
    assert_eq!(problems(&["b", "a"], &["b"], 3), [unmatched("a")]);
    assert_eq!(problems(&["a", "a"], &["a"], 3), [unmatched("a")]);
    assert_eq!(problems(&["a"], &["a"], 4), ["the request key \"a\" has revision 4"]);
}

#[test]
fn chat_groups_have_a_revision_and_a_possible_owner() {
    let group = Subject::chat_group(app(), ChatGroupId::parse("g").unwrap());
    let check_with = |revision, owner: &str| {
        let head = ChatGroupHead {
            alive: true,
            kind: "Public".into(),
            name: "n".into(),
            owner: owner.into(),
            created: 1,
        };
        let stored = Stored::new(revision, &chat_group::encode(group, revision, &head));
        check(&View::decode(group, &stored, Reads::Whole).unwrap())
    };
    assert_eq!(check_with(Revision::new(1), "ann"), []);
    assert_eq!(check_with(Revision::new(1), ""), []);
    assert_eq!(check_with(Revision::new(1), "a\nb"), [Problem::Owner]);
    assert_eq!(check_with(Revision::ZERO, "ann"), [Problem::RevisionZero]);
    assert_eq!(check(&View::decode(group, &Stored::absent(), Reads::Whole).unwrap()), []);
}

fn problems(damage: impl FnOnce(&mut User), expected: &Expect) {
    let mut user = user();
    damage(&mut user);
    let rows = [
        (peer_of("bob"), Row::Record(user.bob)),
        (peer_of("carl"), Row::Removal(user.removal)),
        (Conversation::ChatGroup(ChatGroupId::parse("g").unwrap()), Row::Record(user.other)),
    ];
    let problems = check_user(Revision::new(user.revision), &user.head, &rows);
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn user() -> User {
    let group = |id, number, name| Group {
        id: GroupId(id),
        slot: slot(number),
        name: group_name(name),
        revision: Revision::new(2),
        order: 0,
        ex: GroupEx::default(),
    };
    let removed = |id, revision| RemovedGroup { id: GroupId(id), revision: Revision::new(revision) };
    let head = UserHead {
        imported: true,
        next_group_id: 5,
        next_record_number: 6,
        grouped: 2,
        marked: 1,
        records: 2,
        removals: 1,
        changes_since: Revision::new(4),
        groups: vec![group(2, 0, "work"), group(4, 1, "home")],
        removed_groups: vec![removed(1, 8), removed(3, 9)],
        ..UserHead::new(7)
    };
    let record = Record {
        number: 3,
        revision: Revision::new(20),
        timestamp: 1,
        standard_mark: StandardMark(0),
        custom_mark: CustomMark::parse("x", 9).unwrap(),
        groups: GroupSet::default().with(slot(0)),
    };
    let other = Record {
        number: 5,
        custom_mark: CustomMark::default(),
        groups: GroupSet::default().with(slot(1)),
        ..record
    };
    let removal = Removal { revision: Revision::new(12), time: 1 };
    User { revision: 20, head, bob: record, other, removal }
}

fn peer_of(peer: &str) -> Conversation<'_> {
    Conversation::User(UserId::parse(peer).unwrap())
}

fn group_name(name: &str) -> GroupName {
    GroupName::parse(name, 64).unwrap()
}

fn slot(number: u8) -> Slot {
    Slot::new(number).unwrap()
}

fn app() -> AppId {
    AppId::new(1).unwrap()
}
