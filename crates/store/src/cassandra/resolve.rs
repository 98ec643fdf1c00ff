//! Finding out what became of a commit that nobody answered.
//!
//! Reading the head is not enough. A read at a serial level settles what is half agreed upon, but a request may not
//! have got that far: it may still wait in the buffer of a connection, or of a node that stands still, be taken up
//! seconds after the read, find the subject on the revision that it names, and happen, long after its caller was told
//! that it did not.
//!
//! So the store does not ask, it decides. Every commit is conditional on the head's revision *and fence*. The store
//! puts another fence, a number drawn at random, on the condition that revision and fence are still those that the
//! lost commit names. Conditional writes of one partition have an order; in that order
//!
//! * either this one comes first: from then on, while the subject stays on the revision, its fence is another than the
//!   commit names, and once it is on a later revision it never comes back. The commit cannot happen any more;
//! * or something else came first, which the answer tells. The same revision with another fence: somebody else has put
//!   a fence, and again the commit cannot happen any more. A later revision: the commit cannot happen any more, but it
//!   may have, and the head's list of the last commits tells whether that revision is its own.
//!
//! This needs nothing of the cluster but that conditional writes are linearizable. Putting a fence is itself safe to
//! repeat, to send to two nodes, and to happen late: at worst other commits on the same revision, which all happen or
//! fail by themselves, are told of a fence that they did not know, and try again with it. Every commit that happens
//! takes the fence away. So nobody pays for it who does not write in that very moment.

use std::collections::HashMap;
use std::time::Duration;

use foldmark_core::subject::Revision;

use super::Inner;
use super::commit::{Answer, Attempt, Guard, RING, place, signature};
use super::error::Failure;
use super::read::{execute, partition, revision_of, unreadable};
use crate::StoreError;

/// How long to wait after a failed try, which grows with each.
const PAUSE: Duration = Duration::from_millis(20);
/// More tries than fit into any sensible time.
const TRIES: u32 = 64;

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It happened.
    Happened,
    /// It did not and never will, because another commit happened on its base.
    Overtaken,
    /// It did not and never will; no commit has happened on its base so far, and this is what the next one meets.
    Fenced(Guard),
    /// More commits have happened since than the head names.
    Forgotten,
}

/// Finds out, within the time for it, what became of a commit whose answer was lost; `cause` says how. `None`: nobody
/// could be asked.
pub(super) async fn find_out(inner: &Inner, attempt: Attempt<'_>, cause: &StoreError) -> Option<Found> {
    let found = tokio::time::timeout(inner.resolve_timeout, insist(inner, attempt)).await;
    let found = found.unwrap_or(None);
    tracing::debug!(%cause, ?found, "a commit was not answered");
    found
}

/// Tries until it is known or there is no use in trying.
async fn insist(inner: &Inner, attempt: Attempt<'_>) -> Option<Found> {
    for number in 1..=TRIES {
        match ask(inner, attempt).await {
            Ok(found) => return Some(found),
            Err(error) => tracing::debug!(%error, number, "a lost commit was not found"),
        }
        tokio::time::sleep(PAUSE * number).await;
    }
    None
}

async fn ask(inner: &Inner, attempt: Attempt<'_>) -> Result<Found, StoreError> {
    match put_fence(inner, attempt).await? {
        Answer::Applied => {
            return Ok(Found::Fenced(Guard {
                revision: attempt.guard.revision,
                fence: Some(fence_of(attempt.id)),
            }));
        }
        Answer::NotApplied(found) if found.revision == attempt.guard.revision => {
            return Ok(Found::Fenced(found));
        }
        Answer::NotApplied(_) => {}
    }
    let result = execute(inner, &inner.statements.commits, partition(attempt.subject)).await?;
    let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let (revision, commits): (i64, Commits) = result.first_row().map_err(|error| unreadable(&error))?;
    Ok(look_up(&commits, revision_of(revision), attempt.base, attempt.id))
}

type Commits = HashMap<i8, Vec<u8>>;

async fn put_fence(inner: &Inner, attempt: Attempt<'_>) -> Result<Answer, StoreError> {
    let (app, kind, id) = partition(attempt.subject);
    let values = (fence_of(attempt.id), app, kind, id, attempt.guard.revision, attempt.guard.fence);
    let answered = inner.session.execute_unpaged(&inner.statements.fence, values).await;
    Answer::of(answered.map_err(|error| Failure::of(&error).into_error())?)
}

/// The fence against a commit: as random as its id, and never 0, which stands for none.
fn fence_of(id: u128) -> i64 {
    // The low half.
    (id as u64 | 1).cast_signed()
}

fn look_up(commits: &Commits, now: Revision, base: Revision, id: u128) -> Found {
    let made = base.next();
    let Some(signed) = commits.get(&place(made)) else {
        return Found::Forgotten;
    };
    if signed[..] == signature(made, id) {
        return Found::Happened;
    }
    // Sixteen later, the place is another commit's.
    if now.get() - base.get() > RING || !signed.starts_with(&made.get().to_be_bytes()) {
        return Found::Forgotten;
    }
    Found::Overtaken
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: u128 = 7 << 64 | 7;
    const OTHER: u128 = 8 << 64 | 7;

    /// What the head says after these commits.
    fn commits(made: &[(u64, u128)]) -> Commits {
        let mut commits = Commits::new();
        for (revision, id) in made {
            let revision = Revision::new(*revision);
            commits.insert(place(revision), signature(revision, *id).to_vec());
        }
        commits
    }

    fn found(made: &[(u64, u128)], base: u64) -> Found {
        let now = Revision::new(made.last().unwrap().0);
        look_up(&commits(made), now, Revision::new(base), MINE)
    }

    #[test]
    fn a_commit_is_known_by_its_id() {
        assert_eq!(found(&[(5, MINE)], 4), Found::Happened);
        assert_eq!(found(&[(5, OTHER)], 4), Found::Overtaken);
        assert_eq!(found(&[(5, MINE), (6, OTHER), (7, OTHER)], 4), Found::Happened);
        assert_eq!(found(&[(5, OTHER), (6, MINE)], 4), Found::Overtaken);
    }

    #[test]
    fn a_commit_is_forgotten_after_sixteen_more() {
        let mut made = vec![(5, MINE)];
        made.extend((6..=20).map(|revision| (revision, OTHER)));
        assert_eq!(found(&made, 4), Found::Happened);
        made.push((21, OTHER));
        assert_eq!(found(&made, 4), Found::Forgotten);
        made[0].1 = OTHER;
        assert_eq!(found(&made, 4), Found::Forgotten);
        made.pop();
        assert_eq!(found(&made, 4), Found::Overtaken);
    }

    #[test]
    fn a_fence_is_never_the_one_of_no_fence() {
        assert_ne!(fence_of(0), 0);
        assert_ne!(fence_of(1 << 64), 0);
    }
}
