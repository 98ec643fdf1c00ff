//! Walking over the subjects of an application.
//!
//! Partitions lie in the order of their tokens, a hash of their names, all applications and kinds mixed. A walk reads
//! the heads of all of them, some hundred a statement, and gives those that were asked for; a page ends when it is
//! full, or after a bounded number of statements, with whatever was found.
//!
//! A cursor is the token of the last partition that was looked at, and the ids among those asked for that the walk has
//! met with this very token: two names may have the same one. The next page begins with that token, not behind it.

use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Subject, SubjectKind};

use super::Inner;
use super::read::{execute, kind_number, revision_of, unreadable};
use crate::{Page, StoreError, SubjectEntry, WalkFrom};

/// The most subjects of one page.
const PAGE_SUBJECTS: usize = 1_000;
/// How many heads one statement reads. The lower bound lets a cursor pass names of the same token; the upper one
/// keeps an answer of the largest heads below 8 MiB.
const HEADS_MIN: usize = 32;
const HEADS_MAX: usize = 256;
/// How many statements one page makes at most.
const STATEMENTS: usize = 16;

/// The columns of a head as the statement selects them.
type Row<'a> = (i64, i64, i8, &'a str, Option<&'a [u8]>, Option<i64>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    token: i64,
    /// With this token.
    met: Vec<String>,
}

/// What one statement found.
struct Scanned {
    rows: usize,
    /// Whether the page was full before the last row.
    full: bool,
}

/// See [`Store::walk`](crate::Store::walk).
pub(super) async fn walk(
    inner: &Inner,
    app: AppId,
    kind: SubjectKind,
    from: &WalkFrom,
    limit: usize,
) -> Result<Page, StoreError> {
    let _permit = inner.reading(1)?;
    let limit = limit.clamp(1, PAGE_SUBJECTS);
    let heads = limit.clamp(HEADS_MIN, HEADS_MAX);
    let mut cursor = match from {
        WalkFrom::Start => Cursor::start(),
        WalkFrom::Cursor(bytes) => Cursor::decode(bytes)
            .ok_or_else(|| StoreError::Failed("this is not a cursor of this walk".to_owned()))?,
        WalkFrom::At(_) => {
            let reason = "walks of a cluster are in the order of tokens, and begin at no id";
            return Err(StoreError::Failed(reason.to_owned()));
        }
    };
    let mut page = Page::default();
    for _ in 0..STATEMENTS {
        let before = cursor.token;
        let scanned = scan(inner, (app, kind), heads, limit, &mut cursor, &mut page).await?;
        if scanned.full {
            break;
        }
        if scanned.rows < heads {
            return Ok(page);
        }
        if cursor.token == before {
            return Err(StoreError::Failed(format!("more than {heads} subjects have the token {before}")));
        }
    }
    page.next = Some(WalkFrom::Cursor(cursor.encode()));
    Ok(page)
}

async fn scan(
    inner: &Inner,
    (app, kind): (AppId, SubjectKind),
    heads: usize,
    limit: usize,
    cursor: &mut Cursor,
    page: &mut Page,
) -> Result<Scanned, StoreError> {
    let values = (cursor.token, heads as i32);
    let result = execute(inner, &inner.statements.walk, values).await?;
    let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let rows = result.rows::<Row<'_>>().map_err(|error| unreadable(&error))?;
    let mut scanned = Scanned { rows: 0, full: false };
    for row in rows {
        let (token, of_app, of_kind, id, head, revision) = row.map_err(|error| unreadable(&error))?;
        scanned.rows += 1;
        let asked_for = (of_app, of_kind) == (i64::from(app.get()), kind_number(kind));
        let known = token == cursor.token && cursor.met.iter().any(|met| met == id);
        // A head without a revision is that of a subject whose first commit was given up.
        if let (true, false, Some(revision)) = (asked_for, known, revision) {
            if page.entries.len() == limit {
                scanned.full = true;
                return Ok(scanned);
            }
            page.entries.push(entry(app, kind, id, head, revision)?);
            cursor.pass(token);
            cursor.met.push(id.to_owned());
        } else {
            cursor.pass(token);
        }
    }
    Ok(scanned)
}

fn entry(
    app: AppId,
    kind: SubjectKind,
    id: &str,
    head: Option<&[u8]>,
    revision: i64,
) -> Result<SubjectEntry, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    Subject::parse(app, kind, id).map_err(|_| corrupt("the id of a subject is none"))?;
    let head = head.ok_or_else(|| corrupt("a head without a value"))?;
    Ok(SubjectEntry { id: id.to_owned(), stored: Stored::new(revision_of(revision), head) })
}

impl Cursor {
    fn start() -> Cursor {
        Cursor { token: i64::MIN, met: Vec::new() }
    }

    /// Notes that the walk has come to `token`.
    fn pass(&mut self, token: i64) {
        if token != self.token {
            self.token = token;
            self.met.clear();
        }
    }

    /// The token, 8 bytes, and each id behind its length, one byte.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.token.to_be_bytes().to_vec();
        for id in &self.met {
            // An id has at most 64 bytes.
            bytes.push(id.len() as u8);
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Cursor> {
        let (token, mut rest) = bytes.split_first_chunk()?;
        let mut met = Vec::new();
        while let Some((len, behind)) = rest.split_first() {
            let (id, behind) = behind.split_at_checked(usize::from(*len))?;
            met.push(str::from_utf8(id).ok()?.to_owned());
            rest = behind;
        }
        Some(Cursor { token: i64::from_be_bytes(*token), met })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back() {
        for met in [vec![], vec!["a"], vec!["a", "\u{10ffff}", ""]] {
            let cursor = Cursor { token: -7, met: met.into_iter().map(str::to_owned).collect() };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for bytes in [&b""[..], b"1234567", b"12345678\x02a", b"12345678\x01\xff"] {
            assert_eq!(Cursor::decode(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn ids_are_kept_only_for_their_token() {
        let mut cursor = Cursor::start();
        cursor.pass(1);
        cursor.met.push("a".to_owned());
        cursor.pass(1);
        assert_eq!(cursor.met, ["a"]);
        cursor.pass(2);
        assert!(cursor.met.is_empty());
    }
}
