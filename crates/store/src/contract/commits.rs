//! Checks of single commits.

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::subject::{AppId, ChatGroupId, Kind, Revision, Subject, UserId};

use super::{Checked, app, changes, chat_group, commit, everything, rows, user, view, write_head};
use crate::{CommitError, Select, StoreError};

/// A subject that was never written has the revision zero, no head and no rows.
pub async fn absent_subject_is_empty(store: Checked) {
    for subject in [user("nobody"), chat_group("nobody")] {
        assert_eq!(everything(&store, subject).await, (0, None, vec![]));
        let heads = store.heads(&[subject]).await.expect("the store can be read");
        assert_eq!((heads.len(), heads[0].revision(), heads[0].head()), (1, Revision::ZERO, None));
    }
}

/// The first commit has the base zero and makes revision one; a head may be empty and is still a head.
pub async fn first_commit_is_on_revision_zero(store: Checked) {
    write_head(&store, user("a"), 0, b"").await;
    assert_eq!(everything(&store, user("a")).await, (1, Some(vec![]), vec![]));
    write_head(&store, user("a"), 1, b"second").await;
    assert_eq!(everything(&store, user("a")).await, (2, Some(b"second".to_vec()), vec![]));
    write_head(&store, chat_group("a"), 0, b"chat group").await;
    assert_eq!(everything(&store, chat_group("a")).await, (1, Some(b"chat group".to_vec()), vec![]));
}

/// A commit on a revision that is over conflicts.
pub async fn stale_base_conflicts_and_changes_nothing(store: Checked) {
    let first = changes(0, b"first", &[(1, b"row", Some(b"1"))]);
    commit(&store, user("a"), 0, first).await.expect("the first commit succeeds");
    let before = everything(&store, user("a")).await;
    let late = changes(0, b"late", &[(1, b"row", None), (1, b"other", Some(b"2"))]);
    let outcome = commit(&store, user("a"), 0, late).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    assert_eq!(everything(&store, user("a")).await, before);
}

/// A commit on a revision that is still to come conflicts, whether or not the subject exists.
pub async fn base_ahead_conflicts_and_changes_nothing(store: Checked) {
    for base in [1, 2, u64::MAX - 1] {
        let outcome =
            commit(&store, user("a"), base, changes(base, b"early", &[(1, b"row", Some(b"1"))])).await;
        assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    }
    assert_eq!(everything(&store, user("a")).await, (0, None, vec![]));
    write_head(&store, user("a"), 0, b"head").await;
    let outcome = commit(&store, user("a"), 2, changes(2, b"early", &[])).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    assert_eq!(everything(&store, user("a")).await, (1, Some(b"head".to_vec()), vec![]));
}

/// A commit puts and deletes rows and leaves the others; deleting a row that does not exist is no error.
pub async fn rows_are_put_overwritten_and_deleted(store: Checked) {
    let first = changes(0, b"1", &[(1, b"a", Some(b"one")), (1, b"b", Some(b"two")), (2, b"a", Some(b""))]);
    commit(&store, user("u"), 0, first).await.expect("the first commit succeeds");
    let all = rows(&[(1, b"a", b"one"), (1, b"b", b"two"), (2, b"a", b"")]);
    assert_eq!(everything(&store, user("u")).await, (1, Some(b"1".to_vec()), all));

    let second = changes(1, b"2", &[(1, b"a", Some(b"a longer one")), (1, b"b", None), (1, b"c", None)]);
    commit(&store, user("u"), 1, second).await.expect("the second commit succeeds");
    let left = rows(&[(1, b"a", b"a longer one"), (2, b"a", b"")]);
    assert_eq!(everything(&store, user("u")).await, (2, Some(b"2".to_vec()), left));

    let third = changes(2, b"3", &[(1, b"a", None), (2, b"a", None)]);
    commit(&store, user("u"), 2, third).await.expect("the third commit succeeds");
    assert_eq!(everything(&store, user("u")).await, (3, Some(b"3".to_vec()), vec![]));
}

/// Changes that cannot be stored as they are meant are refused, not bent.
pub async fn impossible_changes_are_refused(store: Checked) {
    let row = (1, &b"row"[..], Some(&b"value"[..]));
    let long = [7; 257];
    let cases = [
        (chat_group("g"), changes(0, b"head", &[row])),
        (user("u"), changes(1, b"head", &[row])),
        (user("u"), Changes { revision: Revision::ZERO, ..changes(0, b"head", &[row]) }),
        (user("u"), changes(0, b"head", &[(0, b"", Some(b"another head"))])),
        (user("u"), changes(0, b"head", &[(1, &long, Some(b"value"))])),
    ];
    for (subject, changes) in cases {
        let outcome = store.commit(subject, Revision::ZERO, changes).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::Failed(_)))), "{outcome:?}");
        assert_eq!(everything(&store, subject).await, (0, None, vec![]));
    }
}

/// A head of 300 KiB and a row of a mebibyte are kept, and made small again.
pub async fn large_values_are_kept(store: Checked) {
    let head: Vec<u8> = (0..300 << 10).map(|at| (at % 251) as u8).collect();
    let value = vec![0xa5; 1 << 20];
    let large = changes(0, &head, &[(1, b"large", Some(&value))]);
    commit(&store, user("a"), 0, large).await.expect("large values are taken on");
    assert_eq!(everything(&store, user("a")).await, (1, Some(head), rows(&[(1, b"large", &value)])));
    let small = changes(1, b"small", &[(1, b"large", Some(b"small too"))]);
    commit(&store, user("a"), 1, small).await.expect("values may shrink");
    let expected = (2, Some(b"small".to_vec()), rows(&[(1, b"large", b"small too")]));
    assert_eq!(everything(&store, user("a")).await, expected);
}

/// One commit may put, and another delete, ten thousand rows.
pub async fn ten_thousand_rows_in_one_commit(store: Checked) {
    let row = |number: u32| RowChange {
        kind: Kind::USER_RECORD,
        key: format!("peer-{number:05}").into_bytes().into(),
        value: Some(vec![number.to_le_bytes()[0]; 100]),
    };
    let mut all = changes(0, b"full", &[]);
    all.rows = (0..10_000).map(row).collect();
    commit(&store, user("a"), 0, all.clone()).await.expect("many rows are taken on");
    let stored = view(&store, user("a"), Select::All).await;
    assert_eq!(stored.rows().len(), 10_000);
    for (row, change) in stored.rows().zip(&all.rows) {
        assert_eq!((row.key, Some(row.value)), (change.row_key(), change.value.as_deref()));
    }
    all.revision = Revision::new(2);
    all.rows.iter_mut().for_each(|row| row.value = None);
    commit(&store, user("a"), 1, all).await.expect("many rows are deleted");
    assert_eq!(everything(&store, user("a")).await, (2, Some(b"full".to_vec()), vec![]));
}

/// Each subject has its own head and rows, however much its id resembles another's.
pub async fn subjects_do_not_mix(store: Checked) {
    let ids = [
        "a",
        "aa",
        "a ",
        "a!",
        " ",
        "  ",
        "A",
        "\u{e4}",
        "\u{10ffff}",
        "\u{1f600}\u{1f601}",
        "@TGS#1",
        "@TGS#12",
        "a'; --",
        "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
        "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
    ];
    let apps = [1, 2, 0x0100_0000, u32::MAX];
    for number in apps {
        for id in ids {
            let (user, chat_group) = both(app(number), id);
            let head = format!("user {id} of {number}");
            let own = changes(0, head.as_bytes(), &[(1, id.as_bytes(), Some(head.as_bytes()))]);
            commit(&store, user, 0, own).await.expect("the first commit of a user succeeds");
            write_head(&store, chat_group, 0, format!("chat group {id} of {number}").as_bytes()).await;
        }
    }
    for number in apps {
        for id in ids {
            let (user, chat_group) = both(app(number), id);
            let head = format!("user {id} of {number}");
            let own = rows(&[(1, id.as_bytes(), head.as_bytes())]);
            assert_eq!(everything(&store, user).await, (1, Some(head.into_bytes()), own));
            let head = format!("chat group {id} of {number}");
            assert_eq!(everything(&store, chat_group).await, (1, Some(head.into_bytes()), vec![]));
        }
    }
}

/// The keys of rows may hold any bytes, also none and 256, and their order is that of the bytes.
pub async fn row_keys_of_any_bytes(store: Checked) {
    let longest = [0xff; 256];
    let keys: [&[u8]; 9] = [b"", b"\0", b"\0\0", b"\0\xff", b"\x01", b"a", b"a\0", b"\xff", &longest];
    let mut put = changes(0, b"head", &[]);
    for kind in [1, 2, 3, 255] {
        for key in keys {
            let value = Some([&[kind], key].concat());
            put.rows.push(RowChange { kind: Kind(kind), key: key.into(), value });
        }
    }
    // Neighbours, which must stay out of the user's rows.
    write_head(&store, user("a"), 0, b"").await;
    write_head(&store, user("ab "), 0, b"").await;
    commit(&store, user("ab"), 0, put.clone()).await.expect("any key is taken on");
    let stored = view(&store, user("ab"), Select::All).await;
    assert_eq!(stored.rows().len(), put.rows.len());
    for (row, change) in stored.rows().zip(&put.rows) {
        assert_eq!((row.key, Some(row.value)), (change.row_key(), change.value.as_deref()));
    }
    let keys: Vec<_> = put.rows.iter().map(RowChange::row_key).collect();
    let stored = view(&store, user("ab"), Select::Rows(&keys)).await;
    assert_eq!(stored.rows().map(|row| row.key).collect::<Vec<_>>(), keys);
}

/// After closing, commits are refused, and what was committed before is still there.
pub async fn closed_store_takes_no_commit(store: Checked) {
    store.ready().await.expect("a new store is ready");
    write_head(&store, user("a"), 0, b"head").await;
    store.close().await;
    let outcome = commit(&store, user("a"), 1, changes(1, b"late", &[])).await;
    assert!(matches!(outcome, Err(CommitError::Store(StoreError::Closed))), "{outcome:?}");
    assert!(matches!(store.ready().await, Err(StoreError::Closed)));
    assert_eq!(everything(&store, user("a")).await, (1, Some(b"head".to_vec()), vec![]));
}

fn both(app: AppId, id: &str) -> (Subject<'_>, Subject<'_>) {
    let user = UserId::parse(id).expect("the id is one of a user");
    let chat_group = ChatGroupId::parse(id).expect("the id is one of a chat group");
    (Subject::user(app, user), Subject::chat_group(app, chat_group))
}
