//! Looking for users and chat groups of an application, a page at a time, by their heads alone.
//!
//! Stores with ordered keys are asked for what an id begins with, in order of ids. A cluster keeps subjects in the order
//! of a hash: it can be asked for one whole id, or for all, page by page, in no order that means anything; and a page
//! of it may be empty though more follow, which is looked through for a while.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldmark_core::command::Reads;
use foldmark_core::subject::{AppId, Revision, Subject, SubjectKind};
use foldmark_core::view::View;
use foldmark_store::{Page, Store, StoreError, SubjectEntry, WalkFrom};
use thiserror::Error;

use crate::gate::Gate;
use crate::limits;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// In ascending order of ids if this store can search by prefix.
    pub(crate) entries: Vec<Entry>,
    /// Where the next page begins; `None` after the last one.
    pub(crate) next: Option<String>,
    /// How the text that was looked for was understood.
    pub(crate) search: Search,
}

/// What a store can look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// What ids begin with.
    Prefix,
    /// One whole id.
    ExactId,
}

/// One user or chat group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) revision: Revision,
    pub(crate) facts: Facts,
}

/// What a head tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Facts {
    /// Of a user.
    User {
        /// Whether the account is imported; if not, this is what is left of it.
        imported: bool,
        nick: String,
        groups: usize,
        records: u32,
        grouped: u32,
        marked: u32,
    },
    /// Of a chat group.
    ChatGroup {
        /// False once it was disbanded.
        alive: bool,
        kind: String,
        name: String,
        owner: String,
        /// Unix seconds.
        created: u64,
    },
    /// The head cannot be read; why.
    Damaged(String),
}

/// Why there is no page.
#[derive(Debug, Error)]
pub(crate) enum DirectoryError {
    /// The cursor is not one of this search.
    #[error("the cursor is not one that this search gave")]
    Cursor,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the store of this server can look for.
pub(crate) fn search(gate: &Gate) -> Search {
    if gate.executor().store().walks_by_id() { Search::Prefix } else { Search::ExactId }
}

/// At most `limit` of the subjects of `app` whose id begins with `text`, or is `text` where the store cannot search by
/// prefix; all of them if it is empty. Goes on behind an earlier page of the same search by its cursor.
pub(crate) async fn page(
    gate: &Gate,
    app: AppId,
    kind: SubjectKind,
    text: &str,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Listing, DirectoryError> {
    let store = gate.executor().store();
    let cursor = cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).map_err(|_| DirectoryError::Cursor));
    let cursor = cursor.transpose()?;
    let limit = limit.clamp(1, limits::DIRECTORY_PAGE);
    let search = search(gate);
    if !text.is_empty() && Subject::parse(app, kind, text).is_err() {
        // No id is longer, or has such characters, so that none begins like this.
        return Ok(Listing { entries: Vec::new(), next: None, search });
    }
    let (found, next) = match search {
        Search::Prefix => by_prefix(store, app, kind, text, cursor, limit).await?,
        Search::ExactId if text.is_empty() => any(store, app, kind, cursor, limit).await?,
        Search::ExactId => (exact(store, app, kind, text).await?, None),
    };
    let entries = found.into_iter().map(|found| entry(app, kind, found)).collect();
    Ok(Listing { entries, next: next.map(|next| URL_SAFE_NO_PAD.encode(next)), search })
}

/// The cursor is the id that the next page begins with.
async fn by_prefix(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
    prefix: &str,
    cursor: Option<Vec<u8>>,
    limit: usize,
) -> Result<(Vec<SubjectEntry>, Option<Vec<u8>>), DirectoryError> {
    let from = match cursor {
        Some(id) => {
            let id = String::from_utf8(id).map_err(|_| DirectoryError::Cursor)?;
            if Subject::parse(app, kind, &id).is_err() || !id.starts_with(prefix) {
                return Err(DirectoryError::Cursor);
            }
            WalkFrom::At(id)
        }
        None if prefix.is_empty() => WalkFrom::Start,
        None => WalkFrom::At(prefix.to_owned()),
    };
    // One more, which tells whether a page follows and how it begins.
    let mut found = store.walk(app, kind, &from, limit + 1).await?.entries;
    found.truncate(found.partition_point(|entry| entry.id.starts_with(prefix)));
    let next = found.get(limit).map(|entry| entry.id.clone().into_bytes());
    found.truncate(limit);
    Ok((found, next))
}

/// The cursor is the store's.
async fn any(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
    cursor: Option<Vec<u8>>,
    limit: usize,
) -> Result<(Vec<SubjectEntry>, Option<Vec<u8>>), StoreError> {
    let from = cursor.map_or(WalkFrom::Start, WalkFrom::Cursor);
    let page = until_found(from, |from| async move { store.walk(app, kind, &from, limit).await }).await?;
    let next = page.next.and_then(|next| match next {
        WalkFrom::Cursor(cursor) => Some(cursor),
        WalkFrom::Start | WalkFrom::At(_) => None,
    });
    Ok((page.entries, next))
}

/// Walks on while nothing is found, a bounded number of times: few of one kind may lie among very many others.
async fn until_found<F>(from: WalkFrom, walk: impl Fn(WalkFrom) -> F) -> Result<Page, StoreError>
where
    F: Future<Output = Result<Page, StoreError>>,
{
    let mut page = walk(from).await?;
    for _ in 1..limits::DIRECTORY_WALKS {
        match page.next.take() {
            Some(next) if page.entries.is_empty() => page = walk(next).await?,
            next => {
                page.next = next;
                break;
            }
        }
    }
    Ok(page)
}

async fn exact(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
    id: &str,
) -> Result<Vec<SubjectEntry>, StoreError> {
    let Ok(subject) = Subject::parse(app, kind, id) else {
        return Ok(Vec::new());
    };
    let heads = store.heads(&[subject]).await?;
    let written = heads.into_iter().filter(|stored| stored.head().is_some());
    Ok(written.map(|stored| SubjectEntry { id: id.to_owned(), stored }).collect())
}

fn entry(app: AppId, kind: SubjectKind, found: SubjectEntry) -> Entry {
    let facts = facts(app, kind, &found).unwrap_or_else(Facts::Damaged);
    Entry { revision: found.stored.revision(), facts, id: found.id }
}

fn facts(app: AppId, kind: SubjectKind, found: &SubjectEntry) -> Result<Facts, String> {
    let subject = Subject::parse(app, kind, &found.id).map_err(|error| format!("the id {error}"))?;
    let view = View::decode(subject, &found.stored, Reads::Named).map_err(|error| error.to_string())?;
    let facts = match kind {
        SubjectKind::User => view.user().map(|head| Facts::User {
            imported: head.imported,
            nick: head.nick.to_string(),
            groups: head.groups.len(),
            records: head.records,
            grouped: head.grouped,
            marked: head.marked,
        }),
        SubjectKind::ChatGroup => view.chat_group().map(|head| Facts::ChatGroup {
            alive: head.alive,
            kind: head.kind.to_string(),
            name: head.name.to_string(),
            owner: head.owner.to_string(),
            created: head.created,
        }),
    };
    facts.ok_or_else(|| "there is no head".to_owned())
}

#[cfg(test)]
mod tests {
    use foldmark_core::changes::Changes;
    use foldmark_core::stored::Stored;

    use super::*;
    use crate::testing::{APP, gate, put, put_chat_group};

    fn app() -> AppId {
        AppId::new(APP).unwrap()
    }

    /// The ids of each page of a search.
    async fn pages(gate: &Gate, kind: SubjectKind, text: &str, limit: usize) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut cursor = None;
        loop {
            let listing = page(gate, app(), kind, text, cursor.as_deref(), limit).await.unwrap();
            assert_eq!(listing.search, Search::Prefix);
            pages.push(listing.entries.into_iter().map(|entry| entry.id).collect());
            match listing.next {
                Some(next) => cursor = Some(next),
                None => return pages,
            }
        }
    }

    #[tokio::test]
    async fn pages_hold_what_begins_so_in_order() {
        let (gate, _) = gate();
        for id in ["b", "ab", "abc", "a", "ab\u{e9}", "ac", "AB"] {
            put(&gate, id, true, 0).await;
            put_chat_group(&gate, id, true).await;
        }
        for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
            assert_eq!(pages(&gate, kind, "ab", 2).await, [vec!["ab", "abc"], vec!["ab\u{e9}"]]);
            assert_eq!(pages(&gate, kind, "ab", 3).await, [["ab", "abc", "ab\u{e9}"]], "no empty page");
            assert_eq!(pages(&gate, kind, "abc", 9).await, [["abc"]]);
            assert_eq!(pages(&gate, kind, "", 9).await[0].len(), 7);
            for nothing in ["abd", "z", "\u{10ffff}", "a\n", &"x".repeat(65)] {
                assert_eq!(pages(&gate, kind, nothing, 9).await, [[""; 0]], "{nothing:?}");
            }
        }
    }

    #[tokio::test]
    async fn entries_tell_what_the_head_has() {
        let (gate, _) = gate();
        put(&gate, "left", false, 0).await;
        put(&gate, "user", true, 3).await;
        put_chat_group(&gate, "over", false).await;
        let subject = Subject::parse(app(), SubjectKind::User, "x").unwrap();
        let changes =
            Changes { revision: Revision::new(1), head: b"no head".to_vec(), rows: Vec::new(), due: false };
        gate.executor().store().commit(subject, Revision::ZERO, changes).await.unwrap();

        let users = page(&gate, app(), SubjectKind::User, "", None, 9).await.unwrap();
        assert_eq!(users.entries.len(), 3);
        assert!(matches!(users.entries[0].facts, Facts::User { imported: false, .. }));
        let facts = Facts::User {
            imported: true,
            nick: "nick of user".to_owned(),
            groups: 1,
            records: 3,
            grouped: 3,
            marked: 3,
        };
        let user = Entry { id: "user".to_owned(), revision: Revision::new(1), facts };
        assert_eq!(users.entries[1], user);
        assert!(matches!(&users.entries[2].facts, Facts::Damaged(reason) if !reason.is_empty()));
        let chat_groups = page(&gate, app(), SubjectKind::ChatGroup, "", None, 9).await.unwrap();
        assert!(matches!(
            &chat_groups.entries[..],
            [Entry { facts: Facts::ChatGroup { alive: false, name, .. }, .. }] if name == "name of over"
        ));
    }

    #[tokio::test]
    async fn cursors_of_another_search_are_refused() {
        let (gate, _) = gate();
        let foreign = URL_SAFE_NO_PAD.encode("b");
        for cursor in ["*", "_w", "", foreign.as_str()] {
            let outcome = page(&gate, app(), SubjectKind::User, "a", Some(cursor), 9).await;
            assert!(matches!(outcome, Err(DirectoryError::Cursor)), "{cursor:?}: {outcome:?}");
        }
    }

    #[tokio::test]
    async fn a_store_without_order_has_single_ids_and_pages_of_all() {
        let (gate, _) = gate();
        for id in ["user", "use", "user2"] {
            put(&gate, id, true, 3).await;
        }
        let store = gate.executor().store();
        let (first, next) = any(store, app(), SubjectKind::User, None, 2).await.unwrap();
        let (second, end) = any(store, app(), SubjectKind::User, next, 2).await.unwrap();
        assert_eq!((first.len(), second.len(), end), (2, 1, None));
        let found = exact(store, app(), SubjectKind::User, "user").await.unwrap();
        assert_eq!(found.len(), 1);
        assert!(exact(store, app(), SubjectKind::User, "us").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn empty_pages_are_passed_over_for_a_while() {
        // The walk of a store that has found something, or has come to its end, behind so many empty pages.
        let walked = async |found_after: u8, ends_after: u8| {
            let walk = |from: WalkFrom| async move {
                let number = match from {
                    WalkFrom::Cursor(cursor) => cursor[0],
                    WalkFrom::Start | WalkFrom::At(_) => 0,
                };
                let stored = Stored::new(Revision::new(1), b"head");
                let entry = SubjectEntry { id: "found".to_owned(), stored };
                let entries = if number == found_after { vec![entry] } else { Vec::new() };
                let next = (number < ends_after).then(|| WalkFrom::Cursor(vec![number + 1]));
                Ok(Page { entries, next })
            };
            let page = until_found(WalkFrom::Start, walk).await.unwrap();
            (page.entries.len(), page.next)
        };
        let next = |number| Some(WalkFrom::Cursor(vec![number]));
        assert_eq!(walked(0, 9).await, (1, next(1)));
        assert_eq!(walked(2, 9).await, (1, next(3)));
        assert_eq!(walked(9, 2).await, (0, None));
        assert_eq!(walked(9, 9).await, (0, next(4)), "there is more to look through");
    }
}
