//! Checks of walks over the subjects of an application.

use foldmark_core::subject::{AppId, Subject, SubjectKind, UserId};
use tokio::task::JoinSet;

use super::{Checked, app, changes, chat_group, commit, user, write_head};
use crate::{StoreError, WalkFrom};

/// An application without subjects has one empty page, even between two that have some.
pub async fn walks_of_nothing_are_empty(store: Checked) {
    for number in [1, 3] {
        for subject in [user("a"), chat_group("a")] {
            write_head(&store, Subject { app: app(number), ..subject }, 0, b"").await;
        }
    }
    for number in [2, 4, u32::MAX] {
        for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
            let page =
                store.walk(app(number), kind, &WalkFrom::Start, 10).await.expect("the store can be read");
            assert_eq!((page.entries.len(), page.next), (0, None));
        }
    }
}

/// A walk meets each subject of its application and kind exactly once, with its head, whatever the size of its pages.
pub async fn walks_meet_each_subject_once(store: Checked) {
    let mut ids: Vec<String> = (0..40).map(|number| format!("user-{number}")).collect();
    ids.extend(["a", "a ", "aa", "aaa", "a!", " ", "\u{10ffff}", "@TGS#1", "@TGS#12"].map(str::to_owned));
    ids.sort_unstable();
    let last = AppId::new(u32::MAX).expect("it is not zero");
    for id in &ids {
        for app in [app(1), last] {
            let put = changes(
                0,
                id.as_bytes(),
                &[(1, b"", Some(b"")), (1, b"a", Some(b"")), (255, b"\xff", Some(b""))],
            );
            commit(&store, Subject { app, ..user(id) }, 0, put)
                .await
                .expect("the first commit of a user succeeds");
            write_head(&store, Subject { app, ..chat_group(id) }, 0, format!("{id} chat group").as_bytes())
                .await;
        }
    }
    write_head(&store, user("a"), 1, b"a").await;
    for app in [app(1), last] {
        for limit in [1, 7, ids.len() - 1, ids.len(), 1000] {
            for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
                let mut met = walk(&store, app, kind, limit).await;
                met.sort_unstable();
                assert_eq!(met, ids, "{kind:?} by {limit}");
            }
        }
    }
    let page =
        store.walk(app(1), SubjectKind::User, &WalkFrom::Start, 1000).await.expect("the store can be read");
    let entry = page.entries.iter().find(|entry| entry.id == "a").expect("the user was met");
    let stored = &entry.stored;
    assert_eq!((stored.revision().get(), stored.head(), stored.rows().len()), (2, Some(&b"a"[..]), 0));
}

/// A store whose walks are in order of ids begins them at any id, stored or not, and goes on in order. Others refuse.
pub async fn walks_begin_at_an_id_or_refuse_to(store: Checked) {
    let mut ids = ["a", "a ", "aa", "aab", "b", "\u{e9}", "\u{10ffff}", "@TGS#1", "@TGS#12"];
    ids.sort_unstable();
    for number in [1, 2] {
        for id in ids {
            for subject in [user(id), chat_group(id)] {
                let put = changes(0, id.as_bytes(), &[]);
                let subject = Subject { app: app(number), ..subject };
                commit(&store, subject, 0, put).await.expect("the first commit of a subject succeeds");
            }
        }
    }
    let put = changes(1, b"a", &[(1, b"", Some(b"")), (255, b"\xff", Some(b""))]);
    commit(&store, user("a"), 1, put).await.expect("nothing stands in the way of this commit");
    for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
        for start in
            [" ", "@", "@TGS#1", "@TGS#10", "@TGS#2", "a", "a!", "aaa", "c", "\u{10ffff}", "\u{10ffff}x"]
        {
            let from = WalkFrom::At(start.to_owned());
            if !store.walks_by_id() {
                let refused = store.walk(app(1), kind, &from, 10).await;
                assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
                continue;
            }
            let expected: Vec<&str> = ids.into_iter().filter(|id| *id >= start).collect();
            for limit in [1, 2, 1000] {
                let met = ids_from(&store, app(1), kind, from.clone(), limit).await;
                assert_eq!(met, expected, "{kind:?} from {start:?} by {limit}");
            }
        }
    }
}

/// Subjects that exist throughout a walk are met exactly once, while others come into being and all are written.
pub async fn walks_go_on_while_others_write(store: Checked) {
    let stable: Vec<String> = (0..100).map(|number| format!("stable-{number:03}")).collect();
    for id in &stable {
        write_head(&store, user(id), 0, id.as_bytes()).await;
    }
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let store = Checked::clone(&store);
        let stable = stable.clone();
        tasks.spawn(async move {
            for number in 0..25 {
                let id = format!("stable-{number:03}-new-{task}");
                write_head(&store, user(&id), 0, id.as_bytes()).await;
                let id = &stable[number * 4 + task];
                let put = changes(1, id.as_bytes(), &[(1, b"row", Some(b"new"))]);
                commit(&store, user(id), 1, put).await.expect("each is written by one task");
            }
        });
    }
    while !tasks.is_empty() {
        let mut met = walk(&store, app(1), SubjectKind::User, 3).await;
        met.retain(|id| !id.contains("new"));
        met.sort_unstable();
        assert_eq!(met, stable);
        while let Some(ended) = tasks.try_join_next() {
            ended.expect("no task panics");
        }
    }
    assert_eq!(walk(&store, app(1), SubjectKind::User, 1000).await.len(), 200);
}

/// The ids that a walk meets, page by page, with a check of each entry and page.
pub(super) async fn walk(store: &Checked, app: AppId, kind: SubjectKind, limit: usize) -> Vec<String> {
    let mut met = Vec::new();
    let mut from = WalkFrom::Start;
    loop {
        let page = store.walk(app, kind, &from, limit).await.expect("the store can be read");
        assert!(page.entries.len() <= limit);
        for entry in page.entries {
            let head = match kind {
                SubjectKind::User => entry.id.clone(),
                SubjectKind::ChatGroup => format!("{} chat group", entry.id),
            };
            assert_eq!(entry.stored.head(), Some(head.as_bytes()));
            assert!(kind == SubjectKind::ChatGroup || UserId::parse(&entry.id).is_ok());
            met.push(entry.id);
        }
        match page.next {
            Some(next) => from = next,
            None => return met,
        }
    }
}

/// The ids that a walk from somewhere meets, in its order.
async fn ids_from(
    store: &Checked,
    app: AppId,
    kind: SubjectKind,
    from: WalkFrom,
    limit: usize,
) -> Vec<String> {
    let mut met = Vec::new();
    let mut from = Some(from);
    while let Some(here) = from {
        let page = store.walk(app, kind, &here, limit).await.expect("the store can be read");
        met.extend(page.entries.into_iter().map(|entry| entry.id));
        from = page.next;
    }
    met
}
