//! The calls that were tried in a session: the last few, so that one can be opened again. They hold no UserSig and no
//! answer, are bounded in number and bytes, and end with the session.

use std::collections::VecDeque;

use foldmark_wire::CallName;

use crate::limits;

/// The calls of one session, the oldest first.
#[derive(Debug, Default)]
pub(in crate::console) struct CallHistory {
    tried: VecDeque<Tried>,
    /// Of all bodies together.
    bytes: usize,
    last: u64,
}

/// One call that was tried.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    /// Which of the session's calls it was.
    pub(super) number: u64,
    pub(super) app: u32,
    pub(super) call: CallName,
    pub(super) identifier: String,
    /// How long its UserSig held.
    pub(super) seconds: u64,
    pub(super) body: String,
    pub(super) code: i64,
    /// Unix seconds.
    pub(super) at: u64,
    pub(super) milliseconds: u64,
}

impl CallHistory {
    /// Remembers a call and gives it its number. The oldest make way; a body that is too long by itself does at once.
    pub(super) fn add(&mut self, mut tried: Tried) {
        self.last += 1;
        tried.number = self.last;
        self.bytes += tried.body.len();
        self.tried.push_back(tried);
        while self.tried.len() > limits::CONSOLE_CALLS || self.bytes > limits::CONSOLE_CALLS_BYTES {
            let Some(oldest) = self.tried.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }

    /// The call of this number, if it is still known.
    pub(super) fn get(&self, number: u64) -> Option<&Tried> {
        self.tried.iter().find(|tried| tried.number == number)
    }

    /// The calls for an application, the latest first.
    pub(super) fn of(&self, app: u32) -> impl Iterator<Item = &Tried> {
        self.tried.iter().rev().filter(move |tried| tried.app == app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(app: u32, body: String) -> Tried {
        Tried {
            number: 0,
            app,
            call: CallName::GetContactGroup,
            identifier: "administrator".to_owned(),
            seconds: 300,
            body,
            code: 0,
            at: 1,
            milliseconds: 1,
        }
    }

    fn numbers(history: &CallHistory, app: u32) -> Vec<u64> {
        history.of(app).map(|tried| tried.number).collect()
    }

    #[test]
    fn the_last_ones_are_known_by_number() {
        let mut history = CallHistory::default();
        let more = 7;
        for n in 0..limits::CONSOLE_CALLS + more {
            history.add(tried(1 + (n % 2) as u32, n.to_string()));
        }
        let known = [numbers(&history, 1), numbers(&history, 2)].concat();
        assert_eq!(known.len(), limits::CONSOLE_CALLS);
        assert!(numbers(&history, 1).is_sorted_by(|later, earlier| later > earlier));
        assert!(history.get(more as u64).is_none());
        assert_eq!(history.get(more as u64 + 1).unwrap().body, more.to_string());
    }

    #[test]
    fn long_bodies_push_out_others() {
        let mut history = CallHistory::default();
        history.add(tried(1, "a".repeat(limits::CONSOLE_CALLS_BYTES / 2)));
        history.add(tried(1, "b".repeat(limits::CONSOLE_CALLS_BYTES / 2)));
        assert_eq!(numbers(&history, 1), [2, 1]);
        history.add(tried(1, "c".to_owned()));
        assert_eq!(numbers(&history, 1), [3, 2]);
        history.add(tried(1, "d".repeat(limits::CONSOLE_CALLS_BYTES + 1)));
        assert_eq!((numbers(&history, 1).len(), history.bytes), (0, 0));
        history.add(tried(1, "e".to_owned()));
        assert_eq!(numbers(&history, 1), [5]);
    }
}
