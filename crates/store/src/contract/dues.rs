//! Checks of due rows: which commits others are still to be told of.

use foldmark_core::changes::Changes;
use foldmark_core::format::due::{Aside, Due};
use foldmark_core::subject::{AppId, Revision, Subject, SubjectId, UserId};
use tokio::task::JoinSet;

use super::{Checked, app, changes, chat_group, commit, user, write_head};
use crate::{CommitError, StoreError, WalkFrom};

/// A commit that is due is found with its user until it is settled; others are not.
pub async fn due_commits_are_found_until_settled(store: Checked) {
    write_head(&store, user("quiet"), 0, b"").await;
    for base in 0..3 {
        commit_due(&store, user("u"), base).await;
    }
    write_head(&store, user("u"), 3, b"").await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(1, 3, None))]);
    settle(&store, "u", 1).await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(2, 3, None))]);
    for (id, found) in [("u", Some(due(2, 3, None))), ("quiet", None), ("nobody", None)] {
        let id = UserId::parse(id).expect("ids of users in checks are valid");
        assert_eq!(store.due_of(app(1), id).await.expect("the store can be read"), found);
    }
    commit_due(&store, user("u"), 4).await;
    settle(&store, "u", 4).await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(5, 5, None))]);
    settle(&store, "u", 4).await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(5, 5, None))]);
    settle(&store, "u", 5).await;
    settle(&store, "u", 5).await;
    settle(&store, "nobody", 5).await;
    assert_eq!(dues(&store, app(1), 10).await, []);
}

/// A commit that conflicts is not due, or is settled with the one that was faster.
pub async fn what_did_not_happen_is_settled_with_what_did(store: Checked) {
    commit_due(&store, user("u"), 0).await;
    let stale = commit(&store, user("u"), 0, changes_due(0, "head")).await;
    assert!(matches!(stale, Err(CommitError::Conflict)), "{stale:?}");
    settle(&store, "u", 1).await;
    assert_eq!(dues(&store, app(1), 10).await, []);
}

/// What was set aside stays due, with its note, until it is settled; what is not due is not set aside.
pub async fn what_is_set_aside_keeps_its_note(store: Checked) {
    commit_due(&store, user("u"), 0).await;
    commit_due(&store, user("u"), 1).await;
    set_aside(&store, "u", 2, "it said no").await;
    set_aside(&store, "nobody", 1, "it said no").await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(1, 2, Some((2, "it said no"))))]);
    set_aside(&store, "u", 2, "still no").await;
    let id = UserId::parse("u").expect("ids of users in checks are valid");
    let found = store.due_of(app(1), id).await.expect("the store can be read");
    assert_eq!(found, Some(due(1, 2, Some((2, "still no")))));
    commit_due(&store, user("u"), 2).await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(1, 3, Some((2, "still no"))))]);
    settle(&store, "u", 2).await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(3, 3, None))]);
    set_aside(&store, "u", 3, "again").await;
    set_aside(&store, "u", 3, "").await;
    set_aside(&store, "u", 2, "late").await;
    assert_eq!(dues(&store, app(1), 10).await, [("u".to_owned(), due(3, 3, None))]);
}

/// A walk over what is due meets each user once, those of the application alone, whatever the size of its pages; a
/// walk over users does not meet due rows.
pub async fn walks_over_dues_meet_each_user_once(store: Checked) {
    let mut ids: Vec<String> = (0..40).map(|number| format!("user-{number}")).collect();
    ids.extend(["a", "a ", "aa", " ", "\u{10ffff}", "@TGS#1"].map(str::to_owned));
    ids.sort_unstable();
    let last = AppId::new(u32::MAX).expect("it is not zero");
    for id in &ids {
        for app in [app(1), last] {
            let subject = Subject { app, ..user(id) };
            commit_due(&store, subject, 0).await;
        }
        write_head(&store, chat_group(id), 0, b"").await;
    }
    commit_due(&store, Subject { app: app(2), ..user("other") }, 0).await;
    for app in [app(1), last] {
        for limit in [1, 7, ids.len(), 1000] {
            let mut met: Vec<String> = Vec::new();
            for (id, found) in dues(&store, app, limit).await {
                assert_eq!(found, due(1, 1, None));
                met.push(id);
            }
            met.sort_unstable();
            assert_eq!(met, ids, "by {limit}");
        }
        let walked = super::walks::walk(&store, app, foldmark_core::subject::SubjectKind::User, 7).await;
        assert_eq!(walked.len(), ids.len());
    }
}

/// Nobody is told of chat groups.
pub async fn a_chat_group_is_never_due(store: Checked) {
    let refused = commit(&store, chat_group("g"), 0, changes_due(0, "head")).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Failed(_)))), "{refused:?}");
}

/// Whoever commits, settles and looks at the same time, nothing that was made is missed.
pub async fn nothing_due_is_missed_among_others(store: Checked) {
    let mut writer = JoinSet::new();
    let writers = Checked::clone(&store);
    writer.spawn(async move {
        for base in 0..60 {
            commit_due(&writers, user("u"), base).await;
        }
    });
    let mut told = 0;
    while told < 60 {
        for (id, found) in dues(&store, app(1), 10).await {
            assert_eq!(id, "u");
            assert_eq!(found.first, Revision::new(told + 1), "what was told is settled, and nothing else");
            let seen = super::view(&store, user("u"), crate::Select::Head).await.revision();
            settle(&store, "u", seen.get()).await;
            told = told.max(seen.get());
        }
        tokio::task::yield_now().await;
    }
    writer.join_next().await.expect("there is a writer").expect("every commit succeeds");
    assert_eq!(dues(&store, app(1), 10).await, []);
}

fn due(first: u64, newest: u64, aside: Option<(u64, &str)>) -> Due {
    let aside = aside.map(|(revision, note)| Aside { revision: Revision::new(revision), note: note.into() });
    Due { first: Revision::new(first), newest: Revision::new(newest), aside }
}

fn changes_due(base: u64, head: &str) -> Changes {
    Changes { due: true, ..changes(base, head.as_bytes(), &[]) }
}

async fn commit_due(store: &Checked, subject: Subject<'_>, base: u64) {
    assert!(matches!(subject.id, SubjectId::User(_)));
    commit(store, subject, base, changes_due(base, subject.id_str()))
        .await
        .expect("nothing stands in the way of this commit");
}

async fn settle(store: &Checked, id: &str, revision: u64) {
    let id = UserId::parse(id).expect("ids of users in checks are valid");
    store.settle(app(1), id, Revision::new(revision)).await.expect("the store can be written");
}

async fn set_aside(store: &Checked, id: &str, revision: u64, note: &str) {
    let id = UserId::parse(id).expect("ids of users in checks are valid");
    store.set_aside(app(1), id, Revision::new(revision), note).await.expect("the store can be written");
}

/// All that is due, by pages of this size.
async fn dues(store: &Checked, app: AppId, limit: usize) -> Vec<(String, Due)> {
    let mut all = Vec::new();
    let mut from = WalkFrom::Start;
    loop {
        let page = store.due(app, &from, limit).await.expect("the store can be read");
        assert!(page.entries.len() <= limit);
        all.extend(page.entries);
        match page.next {
            Some(next) => from = next,
            None => return all,
        }
    }
}
