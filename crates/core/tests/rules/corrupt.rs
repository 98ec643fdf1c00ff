//! Stored bytes that contradict each other are found when they are read, and never decided on.

use foldmark_core::command::Reads;
use foldmark_core::format::head::{self, UserHead};
use foldmark_core::format::record::{self, Removal, Row};
use foldmark_core::mark::{GroupSet, Slot};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Kind, Revision, RowKey, Subject, UserId};
use foldmark_core::view::{self, View};

use crate::support::given::Given;

const BOB: RowKey<'static> = RowKey { kind: Kind::USER_RECORD, key: b"bob" };

#[test]
fn rows_without_a_head() {
    let mut stored = Stored::absent();
    stored.push(BOB, &record::encode(ann(), BOB, &removal()));
    expect(&stored, "head of user \"ann\" of application 1: rows without a user's head");
}

#[test]
fn a_row_of_another_conversation() {
    let carl = RowKey { key: b"carl", ..BOB };
    let mut stored = Stored::new(Revision::new(1), &ann_head());
    stored.push(carl, &record::encode(ann(), BOB, &removal()));
    expect(&stored, "row 1 \"carl\" of user \"ann\" of application 1: the checksum does not match");
}

#[test]
fn a_row_of_another_kind() {
    for kind in [Kind(4), Kind(255)] {
        let key = RowKey { kind, ..BOB };
        let mut stored = Stored::new(Revision::new(1), &ann_head());
        stored.push(key, &record::encode(ann(), key, &removal()));
        let text =
            format!("row {} \"bob\" of user \"ann\" of application 1: the key names no conversation", kind.0);
        expect(&stored, &text);
    }
}

#[test]
fn a_remembered_call_that_is_none() {
    let key = RowKey { kind: Kind::REQUEST_KEY, ..BOB };
    let mut stored = Stored::new(Revision::new(1), &ann_head());
    stored.push(key, &record::encode(ann(), key, &removal()));
    expect(&stored, "row 3 \"bob\" of user \"ann\" of application 1: the format is not known");
    let key = RowKey { key: b"a b", ..key };
    let mut stored = Stored::new(Revision::new(1), &ann_head());
    stored.push(key, &record::encode(ann(), key, &removal()));
    expect(&stored, "row 3 \"a b\" of user \"ann\" of application 1: the key is none of a request");
}

#[test]
fn keys_that_name_nobody() {
    for key in [&b""[..], b"\xff", b"a\0b", &[b'x'; 33]] {
        let key = RowKey { key, ..BOB };
        let mut stored = Stored::new(Revision::new(1), &ann_head());
        stored.push(key, &record::encode(ann(), key, &removal()));
        assert!(View::decode(ann(), &stored, Reads::Whole).is_err(), "{key:?}");
    }
}

#[test]
fn a_record_in_a_group_that_does_not_exist() {
    let given = Given::new("group 1 work\n#0 bob: in 1");
    let mut record = given.world.snapshot("ann").expect("she was described").records["bob"].clone();
    record.groups = GroupSet::default().with(Slot::new(0).expect("0 is a slot"));
    let mut stored = Stored::new(Revision::new(1), &ann_head());
    stored.push(BOB, &record::encode(ann(), BOB, &Row::Record(record)));
    expect(&stored, "row 1 \"bob\" of user \"ann\" of application 1: a group that does not exist");
}

#[test]
fn a_head_beside_another_revision() {
    let stored = Stored::new(Revision::new(2), &ann_head());
    expect(&stored, "head of user \"ann\" of application 1: the checksum does not match");
    assert!(view::exists(ann(), &stored).is_err());
}

fn expect(stored: &Stored, text: &str) {
    let error = View::decode(ann(), stored, Reads::Whole).expect_err("the bytes are wrong");
    assert_eq!(error.to_string(), text);
}

fn ann() -> Subject<'static> {
    let app = AppId::new(1).expect("1 is not 0");
    Subject::user(app, UserId::parse("ann").expect("it is an id"))
}

fn ann_head() -> Vec<u8> {
    head::encode(ann(), Revision::new(1), &UserHead::new(7))
}

fn removal() -> Row {
    Row::Removal(Removal { revision: Revision::new(1), time: 10 })
}
