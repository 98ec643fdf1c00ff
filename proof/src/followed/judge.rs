//! Whether what a follower was told is what happened: all of it, in order, each change once.

use std::collections::BTreeMap;

use super::follower::Told;
use super::state::{History, Item, Removed};

/// Groups whose removal is remembered; who was told of so many since can be told of all.
const REMOVED_GROUPS: usize = 32;
/// Conversations whose removal is remembered at least.
const REMOVED_RECORDS: usize = 500;

/// What a follower was told, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// Pages.
    pub(super) pages: u64,
    /// Changes on them.
    pub(super) changes: u64,
    /// Times at which he had to begin anew, the first one not counted.
    pub(super) resets: u64,
}

/// What a follower knows while he is told.
#[derive(Default)]
struct Known<'a> {
    /// The revision of the last page.
    revision: u64,
    /// The revision up to which he knows what was removed; `None`: he was told nothing yet.
    whole: Option<u64>,
    /// When he was told of what, since he had to forget everything.
    items: BTreeMap<&'a Item, u64>,
}

/// Compares what one follower was told, in order, with all that happened. An error says what must not be.
pub(super) fn judge(told: &[Told], history: &History) -> Result<Judged, String> {
    let mut known = Known::default();
    let mut judged = Judged::default();
    for (number, page) in told.iter().enumerate() {
        known.take(page, history).map_err(|error| format!("page {number}, at {}: {error}", page.revision))?;
        judged.pages += 1;
        judged.changes += page.items.len() as u64;
        judged.resets += u64::from(page.reset && number > 0);
    }
    Ok(judged)
}

impl<'a> Known<'a> {
    fn take(&mut self, page: &'a Told, history: &History) -> Result<(), String> {
        let Some(shown) = history.shown_at(page.revision) else {
            return Err("nobody made this revision".to_owned());
        };
        if page.revision < self.revision {
            return Err(format!("it was {} already", self.revision));
        }
        self.begin(page, history)?;
        for (item, state) in &page.items {
            self.tell(item, *state, page.revision, history)
                .map_err(|error| format!("{item:?} is told: {error}"))?;
        }
        self.revision = page.revision;
        if let Some(copy) = page.shown {
            if copy != shown {
                return Err("everything is told, and the copy is not what the user was then".to_owned());
            }
            self.whole = Some(page.revision);
        }
        Ok(())
    }

    /// Everything is forgotten when it has to be, and only then.
    fn begin(&mut self, page: &Told, history: &History) -> Result<(), String> {
        let is_renewed = history.is_renewed(self.revision, page.revision);
        match (page.reset, self.whole) {
            (false, None) => return Err("the first page does not begin anew".to_owned()),
            (false, Some(_)) if is_renewed => {
                return Err(format!(
                    "the user is there anew since {}, and nothing is forgotten",
                    self.revision
                ));
            }
            (false, Some(_)) => return Ok(()),
            (true, None) => {}
            (true, Some(whole)) => {
                let Removed { groups, records } = history.removed(whole, page.revision);
                let is_renewed = history.is_renewed(whole, page.revision);
                // Nobody is there at revision 0, so that the first one who is there is another one.
                if whole > 0 && !is_renewed && groups <= REMOVED_GROUPS && records < REMOVED_RECORDS {
                    return Err(format!(
                        "it begins anew, though since {whole} only {groups} groups and {records} records were removed"
                    ));
                }
            }
        }
        self.items.clear();
        // What was removed up to here is nothing to him.
        self.whole = Some(page.revision);
        Ok(())
    }

    fn tell(
        &mut self,
        item: &'a Item,
        state: Option<u64>,
        revision: u64,
        history: &History,
    ) -> Result<(), String> {
        let Some((changed, then)) = history.item_at(item, revision) else {
            return Err("nobody ever changed it".to_owned());
        };
        if state != then {
            return Err(format!("not as it was since {changed}"));
        }
        match self.items.insert(item, revision) {
            Some(before) if before >= changed => {
                Err(format!("twice, for it was told at {before} and has not changed since {changed}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use foldmark_wire::contact::Contact;

    use super::super::state::{Record, Shown, State, digest};
    use super::*;

    fn record(mark: u64) -> Record {
        Record { mark, ..Record::default() }
    }

    fn item(peer: &'static str) -> Item {
        Item::Record(Contact::user(peer))
    }

    fn state(records: &[(&'static str, u64)]) -> State {
        let records = records.iter().map(|(peer, mark)| (Contact::user(*peer), record(*mark)));
        State { shown: Shown { records: records.collect(), ..Shown::default() }, ..State::default() }
    }

    /// From revision 1 on: `a` is marked, `b` is marked, `a` is marked otherwise, `b` goes, and all is put there anew.
    fn states() -> [State; 6] {
        let states =
            [&[][..], &[("a", 1)], &[("a", 1), ("b", 1)], &[("a", 2), ("b", 1)], &[("a", 2)], &[("c", 1)]];
        states.map(state)
    }

    fn history() -> History {
        let mut history = History::new();
        for (number, pair) in states().windows(2).enumerate() {
            history.commit(pair, number == 4);
        }
        history
    }

    fn page(revision: u64, reset: bool, items: &[(&'static str, Option<u64>)]) -> Told {
        let told =
            |(peer, mark): &(&'static str, Option<u64>)| (item(peer), mark.map(|mark| digest(&record(mark))));
        let shown = states()[revision as usize].shown.clone();
        Told { revision, reset, items: items.iter().map(told).collect(), shown: Some(digest(&shown)) }
    }

    fn judged(told: &[Told]) -> Result<Judged, String> {
        judge(told, &history())
    }

    #[test]
    fn what_happened_may_be_told_in_any_portions() {
        let whole = [
            page(0, true, &[]),
            page(1, false, &[("a", Some(1))]),
            page(3, false, &[("b", Some(1)), ("a", Some(2))]),
            page(4, false, &[("b", None)]),
            page(5, true, &[("c", Some(1))]),
        ];
        assert_eq!(judged(&whole), Ok(Judged { pages: 5, changes: 5, resets: 1 }));
        assert_eq!(
            judged(&[page(5, true, &[("c", Some(1))])]),
            Ok(Judged { pages: 1, changes: 1, resets: 0 })
        );
        let mut first = page(2, true, &[("a", Some(1))]);
        first.shown = None;
        assert!(judged(&[first, page(3, false, &[("b", Some(1)), ("a", Some(2))])]).is_ok());
    }

    #[test]
    fn what_must_not_be_is_found() {
        let begun = || page(2, true, &[("a", Some(1)), ("b", Some(1))]);
        let wrong: [(&str, Vec<Told>); 9] = [
            ("does not begin", vec![page(1, false, &[("a", Some(1))])]),
            ("already", vec![begun(), page(1, false, &[])]),
            ("nobody made", vec![begun(), Told { revision: 6, ..page(5, false, &[]) }]),
            ("begins anew", vec![begun(), page(3, true, &[("a", Some(2)), ("b", Some(1))])]),
            ("nothing is forgotten", vec![begun(), page(5, false, &[("c", Some(1))])]),
            ("twice", vec![begun(), page(3, false, &[("a", Some(2)), ("b", Some(1))])]),
            ("twice", vec![page(3, true, &[("a", Some(2)), ("a", Some(2))])]),
            ("not as it was", vec![begun(), page(3, false, &[("a", Some(1))])]),
            ("nobody ever", vec![begun(), page(3, false, &[("c", Some(1))])]),
        ];
        for (reason, told) in wrong {
            let error = judged(&told).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        let mut missed = page(3, false, &[]);
        missed.shown = begun().shown;
        let error = judged(&[begun(), missed]).unwrap_err();
        assert!(error.contains("the copy is not"), "{error}");
    }
}
