//! The contract that every store keeps, as a suite of checks that any store can be put through.
//!
//! [`contract_suite!`](crate::contract_suite) makes a test of each check. A check is given a new, empty store, shared
//! because some checks use it from many tasks at once, and panics where the store breaks the contract.

mod commits;
mod concurrency;
mod dues;
mod views;
mod walks;

pub use commits::*;
pub use concurrency::*;
pub use dues::*;
pub use views::*;
pub use walks::*;

use std::sync::Arc;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, ChatGroupId, Kind, Revision, Subject, UserId};

use crate::{CommitError, Select, Store};

/// A store that is put through a check.
pub type Checked = Arc<dyn Store>;

/// Makes a `#[tokio::test]` of every check of the contract, in the module where it stands.
///
/// The argument is an expression that gives `(store, keep)`: a new, empty store, and something that is kept until the
/// store is gone, such as its folder. It is evaluated in an async function, once a test. The crate that uses the macro
/// needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! contract_suite {
    ($make:expr) => {
        $crate::contract_suite! { @each $make;
            absent_subject_is_empty
            first_commit_is_on_revision_zero
            stale_base_conflicts_and_changes_nothing
            base_ahead_conflicts_and_changes_nothing
            rows_are_put_overwritten_and_deleted
            impossible_changes_are_refused
            large_values_are_kept
            ten_thousand_rows_in_one_commit
            subjects_do_not_mix
            row_keys_of_any_bytes
            closed_store_takes_no_commit
            views_select_rows_in_order
            views_are_snapshots
            heads_of_many_in_the_order_asked
            views_and_heads_at_once
            commits_are_seen_by_later_views
            one_winner_for_each_base
            many_subjects_at_once
            conflicts_among_other_commits
            abandoned_commits_happen_whole_or_not_at_all
            walks_of_nothing_are_empty
            walks_meet_each_subject_once
            walks_go_on_while_others_write
            walks_begin_at_an_id_or_refuse_to
            due_commits_are_found_until_settled
            what_did_not_happen_is_settled_with_what_did
            what_is_set_aside_keeps_its_note
            walks_over_dues_meet_each_user_once
            a_chat_group_is_never_due
            nothing_due_is_missed_among_others
        }
    };
    (@each $make:expr; $($check:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $check() {
                let (store, _keep) = $make;
                let store: $crate::contract::Checked = std::sync::Arc::new(store);
                $crate::contract::$check(std::sync::Arc::clone(&store)).await;
                store.close().await;
            }
        )+
    };
}

fn app(number: u32) -> AppId {
    AppId::new(number).expect("numbers of applications in checks are not zero")
}

fn user(id: &str) -> Subject<'_> {
    Subject::user(app(1), UserId::parse(id).expect("ids of users in checks are valid"))
}

fn chat_group(id: &str) -> Subject<'_> {
    Subject::chat_group(app(1), ChatGroupId::parse(id).expect("ids of chat groups in checks are valid"))
}

/// Changes on `base` with these rows; a row without a value is deleted.
fn changes(base: u64, head: &[u8], rows: &[PlainChange<'_>]) -> Changes {
    let row = |(kind, key, value): &PlainChange<'_>| RowChange {
        kind: Kind(*kind),
        key: (*key).into(),
        value: value.map(<[u8]>::to_vec),
    };
    Changes {
        revision: Revision::new(base).next(),
        head: head.to_vec(),
        rows: rows.iter().map(row).collect(),
        due: false,
    }
}

async fn commit(
    store: &Checked,
    subject: Subject<'_>,
    base: u64,
    changes: Changes,
) -> Result<(), CommitError> {
    store.commit(subject, Revision::new(base), changes).await
}

/// Commits a head without rows.
async fn write_head(store: &Checked, subject: Subject<'_>, base: u64, head: &[u8]) {
    let outcome = commit(store, subject, base, changes(base, head, &[])).await;
    outcome.expect("nothing stands in the way of this commit");
}

async fn view(store: &Checked, subject: Subject<'_>, select: Select<'_>) -> Stored {
    store.view(subject, select).await.expect("the store can be read")
}

/// Everything of a subject, in a form that is easily compared: revision, head, rows.
async fn everything(store: &Checked, subject: Subject<'_>) -> Everything {
    plain(&view(store, subject, Select::All).await)
}

type Everything = (u64, Option<Vec<u8>>, Vec<PlainRow>);
type PlainRow = (u8, Vec<u8>, Vec<u8>);
type PlainChange<'a> = (u8, &'a [u8], Option<&'a [u8]>);

fn plain(stored: &Stored) -> Everything {
    let row = |row: foldmark_core::stored::StoredRow<'_>| {
        (row.key.kind.0, row.key.key.to_vec(), row.value.to_vec())
    };
    (stored.revision().get(), stored.head().map(<[u8]>::to_vec), stored.rows().map(row).collect())
}

fn rows(rows: &[(u8, &[u8], &[u8])]) -> Vec<PlainRow> {
    rows.iter().map(|(kind, key, value)| (*kind, key.to_vec(), value.to_vec())).collect()
}
