//! Checks of reads.

use foldmark_core::stored::Stored;
use foldmark_core::subject::{Kind, RowKey, Subject};
use tokio::task::JoinSet;

use super::{Checked, app, changes, chat_group, commit, plain, rows, user, view, write_head};
use crate::Select;

/// A view holds the head and exactly the rows that are selected and exist, in ascending order.
pub async fn views_select_rows_in_order(store: Checked) {
    let put = changes(0, b"head", &[(1, b"b", Some(b"1b")), (1, b"a", Some(b"1a")), (2, b"a", Some(b"2a"))]);
    commit(&store, user("u"), 0, put).await.expect("the first commit succeeds");
    let head = Some(b"head".to_vec());

    let alone = view(&store, user("u"), Select::Head).await;
    assert_eq!(plain(&alone), (1, head.clone(), vec![]));
    let all = view(&store, user("u"), Select::All).await;
    assert_eq!(plain(&all), (1, head.clone(), rows(&[(1, b"a", b"1a"), (1, b"b", b"1b"), (2, b"a", b"2a")])));

    let keys = [key(1, b""), key(1, b"a"), key(1, b"aa"), key(2, b"a"), key(2, b"b"), key(3, b"a")];
    let some = view(&store, user("u"), Select::Rows(&keys)).await;
    assert_eq!(plain(&some), (1, head.clone(), rows(&[(1, b"a", b"1a"), (2, b"a", b"2a")])));
    let none = view(&store, user("u"), Select::Rows(&[])).await;
    assert_eq!(plain(&none), (1, head, vec![]));

    let absent = view(&store, user("v"), Select::Rows(&keys)).await;
    assert_eq!(plain(&absent), (0, None, vec![]));
    write_head(&store, chat_group("u"), 0, b"chat group").await;
    for select in [Select::Head, Select::Rows(&keys), Select::All] {
        let stored = view(&store, chat_group("u"), select).await;
        assert_eq!(plain(&stored), (1, Some(b"chat group".to_vec()), vec![]));
    }
}

/// A view never holds parts of two revisions, however many commits pass meanwhile.
pub async fn views_are_snapshots(store: Checked) {
    const COMMITS: u64 = 200;
    let mut tasks = JoinSet::new();
    let writer = Checked::clone(&store);
    tasks.spawn(async move {
        for base in 0..COMMITS {
            let value = (base + 1).to_be_bytes();
            let rows = [(1, &b"first"[..], Some(&value[..])), (2, b"last", Some(&value))];
            let outcome = commit(&writer, user("u"), base, changes(base, &value, &rows)).await;
            outcome.expect("there is one writer");
        }
    });
    for _ in 0..3 {
        let reader = Checked::clone(&store);
        tasks.spawn(async move {
            let keys = [key(1, b"first"), key(2, b"last")];
            let mut seen = 0;
            while seen < COMMITS {
                for select in [Select::All, Select::Rows(&keys)] {
                    let stored = view(&reader, user("u"), select).await;
                    let revision = stored.revision().get();
                    assert!(revision >= seen, "revision {revision} after {seen}");
                    seen = revision;
                    let Some(head) = stored.head() else { continue };
                    assert_eq!(head, revision.to_be_bytes());
                    assert_eq!(stored.rows().len(), 2);
                    assert!(stored.rows().all(|row| row.value == head));
                }
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;
}

/// The heads of many subjects come in the order asked, absent and repeated ones too.
pub async fn heads_of_many_in_the_order_asked(store: Checked) {
    assert!(store.heads(&[]).await.expect("the store can be read").is_empty());
    let ids: Vec<String> = (0..3000).map(|number| format!("user-{number}")).collect();
    for id in ids.iter().step_by(30) {
        let put = changes(0, id.as_bytes(), &[(1, b"row", Some(b"not asked for"))]);
        commit(&store, user(id), 0, put).await.expect("the first commit of a user succeeds");
    }
    write_head(&store, chat_group("user-0"), 0, b"chat group").await;
    let mut asked: Vec<Subject<'_>> = ids.iter().rev().map(|id| user(id)).collect();
    asked.extend([chat_group("user-0"), user("user-0"), user("user-0")]);
    asked.push(Subject { app: app(2), ..user("user-0") });

    let heads = store.heads(&asked).await.expect("the store can be read");
    assert_eq!(heads.len(), asked.len());
    for (at, head) in heads[..3000].iter().enumerate() {
        let number = 2999 - at;
        let expected = (number % 30 == 0).then_some(ids[number].as_bytes());
        assert_eq!((head.head(), head.rows().len()), (expected, 0));
        assert_eq!(head.revision().get(), u64::from(expected.is_some()));
    }
    let last: Vec<_> = heads[3000..].iter().map(|head| head.head()).collect();
    assert_eq!(last, [Some(&b"chat group"[..]), Some(b"user-0"), Some(b"user-0"), None]);
}

/// A view and heads that are read at once are what each is alone, with rows that lie far apart and rows that are not
/// there.
pub async fn views_and_heads_at_once(store: Checked) {
    let names: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
    let puts: Vec<_> = names.iter().map(|name| (1, name.as_bytes(), Some(name.as_bytes()))).collect();
    commit(&store, user("u"), 0, changes(0, b"head", &puts)).await.expect("the first commit succeeds");
    write_head(&store, user("v"), 0, b"behind").await;
    write_head(&store, chat_group("g"), 0, b"chat group").await;
    let others = [chat_group("g"), user("nobody"), user("u"), user("v")];

    let asked: [&[&[u8]]; 5] =
        [&[], &[b"000", b"001"], &[b"007", b"007x", b"050", b"099"], &[b"0", b"098x", b"zzz"], &[b"zzz"]];
    for names in asked {
        let keys: Vec<_> = names.iter().map(|name| key(1, name)).collect();
        for (subject, others) in [(user("u"), &others[..]), (user("t"), &others), (user("u"), &[])] {
            let select = Select::Rows(&keys);
            let both = store.view_and_heads(subject, select, others).await;
            let (viewed, heads) = both.expect("the store can be read");
            let there = subject == user("u");
            let found = names.iter().filter(|name| there && name.len() == 3 && **name < &b"100"[..]);
            let found: Vec<_> = found.map(|name| (1, *name, *name)).collect();
            assert_eq!(plain(&viewed).2, rows(&found), "{names:?}");
            assert_eq!(plain(&viewed), plain(&view(&store, subject, select).await));
            let alone = store.heads(others).await.expect("the store can be read");
            let plain_of = |heads: &[Stored]| heads.iter().map(plain).collect::<Vec<_>>();
            assert_eq!(plain_of(&heads), plain_of(&alone));
        }
    }
}

fn key(kind: u8, key: &[u8]) -> RowKey<'_> {
    RowKey { kind: Kind(kind), key }
}
