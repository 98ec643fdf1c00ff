//! What every subject holds at each of its revisions: drawn from the seed alone, so that a reader can tell of any store
//! that is put before him whether it holds exactly what was written, without having been told what that was.

use std::collections::BTreeMap;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, ChatGroupId, Kind, Revision, Subject, UserId};
use foldmark_store::embedded::EmbeddedStore;
use foldmark_store::{Select, Store};

use crate::random::Random;

/// How many subjects there are.
pub(super) const SUBJECTS: usize = 60;
/// How many rows a user has at most.
const ROWS: u64 = 30;

/// What the subjects hold at each revision.
pub(super) struct History {
    subjects: Vec<Vec<State>>,
}

/// What one subject holds at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    head: Option<Vec<u8>>,
    rows: BTreeMap<(u8, Vec<u8>), Vec<u8>>,
}

/// The commit that makes this revision of a subject.
pub(super) fn changes(seed: u64, index: usize, revision: u64) -> Changes {
    let mut random = Random::of(seed, &[index as u64, revision]);
    let mut rows = BTreeMap::new();
    if !History::is_chat_group(index) {
        let count = match random.once_in(12) {
            true => random.between(20, ROWS),
            false => random.below(6),
        };
        for _ in 0..count {
            let number = random.below(ROWS);
            let kind = Kind(1 + (number % 2) as u8);
            let value = (!random.once_in(4)).then(|| value(&mut random));
            let key = format!("peer-{number}").into_bytes().into_boxed_slice();
            rows.insert((kind.0, key.clone()), RowChange { kind, key, value });
        }
    }
    Changes {
        revision: Revision::new(revision),
        head: value(&mut random),
        rows: rows.into_values().collect(),
        due: false,
    }
}

impl History {
    /// The history of every subject up to these revisions.
    pub(super) fn new(seed: u64, revisions: &[u64]) -> History {
        let subject = |(index, last): (usize, &u64)| {
            let mut states = vec![State::default()];
            for revision in 1..=*last {
                let mut state = states[states.len() - 1].clone();
                state.apply(changes(seed, index, revision));
                states.push(state);
            }
            states
        };
        History { subjects: revisions.iter().enumerate().map(subject).collect() }
    }

    /// The id of a subject.
    pub(super) fn id(index: usize) -> String {
        format!("subject-{index}")
    }

    /// The subject with this number, of which [`History::id`] made the id.
    pub(super) fn subject(index: usize, id: &str) -> Subject<'_> {
        let app = AppId::new(1).expect("it is not zero");
        match History::is_chat_group(index) {
            true => Subject::chat_group(app, ChatGroupId::parse(id).expect("it is short and plain")),
            false => Subject::user(app, UserId::parse(id).expect("it is short and plain")),
        }
    }

    /// Checks that every subject of the store is at a revision from `least` to `most`, and holds exactly what that
    /// revision holds.
    pub(super) async fn check(
        &self,
        store: &EmbeddedStore,
        least: &[u64],
        most: &[u64],
    ) -> Result<(), String> {
        for (index, states) in self.subjects.iter().enumerate() {
            let id = History::id(index);
            let stored = store
                .view(History::subject(index, &id), Select::All)
                .await
                .map_err(|error| format!("{id} cannot be read: {error}"))?;
            let revision = stored.revision().get();
            if revision < least[index] {
                return Err(format!(
                    "{id}: revision {} was acknowledged, and {revision} is there",
                    least[index]
                ));
            }
            if revision > most[index] {
                return Err(format!("{id}: revision {revision} was never tried"));
            }
            if State::of(&stored) != states[revision as usize] {
                return Err(format!("{id} does not hold what revision {revision} holds"));
            }
        }
        Ok(())
    }

    fn is_chat_group(index: usize) -> bool {
        index % 6 == 5
    }
}

impl State {
    fn of(stored: &Stored) -> State {
        State {
            head: stored.head().map(<[u8]>::to_vec),
            rows: stored
                .rows()
                .map(|row| ((row.key.kind.0, row.key.key.to_vec()), row.value.to_vec()))
                .collect(),
        }
    }

    fn apply(&mut self, changes: Changes) {
        self.head = Some(changes.head);
        for row in changes.rows {
            let key = (row.kind.0, row.key.into_vec());
            match row.value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

/// Mostly short; now and then longer than a page of the database.
fn value(random: &mut Random) -> Vec<u8> {
    let len = match random.below(40) {
        0 => random.between(4_000, 14_000),
        1..=4 => random.between(300, 1_500),
        _ => random.between(0, 120),
    };
    random.bytes(len as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with the first revisions of a few subjects.
    async fn written(revisions: &[u64]) -> (tempfile::TempDir, EmbeddedStore) {
        let folder = tempfile::tempdir().unwrap();
        let store =
            EmbeddedStore::open(folder.path().join("data"), super::super::child::store_options()).unwrap();
        for (index, last) in revisions.iter().enumerate() {
            for revision in 1..=*last {
                let id = History::id(index);
                let base = Revision::new(revision - 1);
                let changes = changes(9, index, revision);
                store.commit(History::subject(index, &id), base, changes).await.unwrap();
            }
        }
        (folder, store)
    }

    #[tokio::test]
    async fn what_was_written_is_recognised() {
        let (_folder, store) = written(&[3, 0, 2]).await;
        let history = History::new(9, &[4, 2, 2]);
        history.check(&store, &[2, 0, 2], &[4, 2, 2]).await.unwrap();
        let late = history.check(&store, &[4, 0, 2], &[4, 2, 2]).await.unwrap_err();
        assert!(late.contains("revision 4 was acknowledged, and 3 is there"), "{late}");
        let early = history.check(&store, &[0, 0, 0], &[2, 2, 2]).await.unwrap_err();
        assert!(early.contains("never tried"), "{early}");
    }

    #[tokio::test]
    async fn other_contents_are_recognised() {
        let (_folder, store) = written(&[3]).await;
        let error = History::new(8, &[3]).check(&store, &[3], &[3]).await.unwrap_err();
        assert!(error.contains("does not hold"), "{error}");
    }
}
