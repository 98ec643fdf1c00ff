//! A writer of one user over HTTP, and the check of what the server has of him after a crash.
//!
//! A call is one commit. So after a crash each part must be exactly what was acknowledged, or exactly that with the one
//! call that was under way, and the user's revision must say which of the two.

use serde_json::Value;

use crate::found::Found;
use crate::http::{Answer, Http};
use crate::model::{Call, Names, Part};
use crate::random::Random;

/// One writer's share of one user, and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The user.
    pub(crate) user: String,
    /// The names that are the writer's own.
    pub(crate) names: Names,
    /// Whether nobody else writes to the user.
    pub(crate) sole: bool,
    /// What was acknowledged.
    pub(crate) part: Part,
    /// The highest revision that was acknowledged.
    pub(crate) revision: u64,
    /// The call whose outcome is not known.
    pub(crate) pending: Option<Call>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Acknowledged.
    Done,
    /// Answered with this code, so that nothing has happened.
    Refused(u64),
    /// Answered 50005, which leaves it open, or not answered. The call is pending now.
    Unknown(String),
}

/// What a check found out about a pending call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// There was none.
    None,
    /// It happened, wholly.
    Landed,
    /// It did not happen, not even in part.
    Absent,
}

impl Slot {
    /// The share of a writer with a prefix of his own.
    pub(crate) fn new(user: &str, prefix: &str, sole: bool) -> Slot {
        // Twenty groups is the limit of a user; a shared one has up to four writers.
        let (groups, contacts) = if sole { (12, 40) } else { (4, 20) };
        Slot {
            user: user.to_owned(),
            names: Names { prefix: prefix.to_owned(), groups, contacts },
            sole,
            part: Part::default(),
            revision: 0,
            pending: None,
        }
    }

    /// Makes a call that is drawn. An error is an answer that must not be.
    pub(crate) fn write(
        &mut self,
        http: &mut Http,
        query: &str,
        random: &mut Random,
    ) -> Result<Ended, String> {
        let call = Call::draw(random, &self.part, &self.names);
        self.make(http, query, call)
    }

    /// Makes a call.
    pub(crate) fn make(&mut self, http: &mut Http, query: &str, call: Call) -> Result<Ended, String> {
        match http.call(call.command(), query, &call.body(&self.user)) {
            Err(error) => {
                self.pending = Some(call);
                Ok(Ended::Unknown(error))
            }
            Ok(answer) => match answer.code()? {
                0 => self.acknowledged(&call, &answer).map(|()| Ended::Done),
                50005 if answer.text.contains("may or may not") => {
                    self.pending = Some(call);
                    Ok(Ended::Unknown(answer.text))
                }
                _ if answer.text.contains("corrupt") => Err(answer.text),
                code => Ok(Ended::Refused(code)),
            },
        }
    }

    fn acknowledged(&mut self, call: &Call, answer: &Answer) -> Result<(), String> {
        let json = answer.json()?;
        let refused = items(&json).find(|item| item["ResultCode"] != 0);
        if let Some(item) = refused {
            return Err(format!("an item of {} is refused: {item}", call.command()));
        }
        let count = items(&json).count();
        if count != call.items() && !matches!(call, Call::Delete { .. } | Call::Rename { .. }) {
            return Err(format!("{count} results of {} items", call.items()));
        }
        let revision = answer.revision.ok_or("an answer without a revision")?;
        let most = if self.sole { self.revision + 1 } else { u64::MAX };
        if !(self.revision..=most).contains(&revision) {
            return Err(format!(
                "{}: one call took the revision from {} to {revision}",
                self.user, self.revision
            ));
        }
        self.revision = revision;
        self.part.apply(call);
        if let (Call::Create { name, .. }, Some(id)) = (call, call.group_id(&json)) {
            let known = self.part.groups.insert(name.clone(), Some(id)).flatten();
            if known.is_some_and(|known| known != id) {
                return Err(format!("the group {name} of {} has changed its id", self.user));
            }
        }
        Ok(())
    }

    /// Makes sure that the pending call cannot happen any more unless it has happened, while others may go on writing.
    ///
    /// Of a call that was given up, a part may still be on its way to the nodes of a cluster. It is conditional on the
    /// user's revision, so it is too late once another call has changed the user. The same such call is made until it
    /// is acknowledged; `None`: not this time. By the revision then, the fate of a call of the user's only writer is
    /// known; of another one it stays pending until [`Slot::check`].
    pub(crate) fn settle(&mut self, http: &mut Http, query: &str) -> Result<Option<Fate>, String> {
        let Some(pending) = &self.pending else {
            return Ok(Some(Fate::None));
        };
        let fence = Call::fence(&self.names, self.revision);
        let Ok(answer) = http.call(fence.command(), query, &fence.body(&self.user)) else {
            return Ok(None);
        };
        match answer.code()? {
            0 => {}
            50004 | 50005 => return Ok(None),
            code => return Err(format!("a call was refused with {code}")),
        }
        let revision = answer.revision.ok_or("an answer without a revision")?;
        self.part.apply(&fence);
        let fate = match revision.saturating_sub(self.revision) {
            1.. if !self.sole => return Ok(Some(Fate::None)),
            1 => Fate::Absent,
            2 => Fate::Landed,
            _ => {
                return Err(format!(
                    "{}: this call, if it happened, and another took the revision from {} to {revision}: {pending:?}",
                    self.user, self.revision
                ));
            }
        };
        if fate == Fate::Landed {
            self.part.apply(pending);
        }
        self.pending = None;
        self.revision = revision;
        Ok(Some(fate))
    }

    /// Compares with what a server has, and goes on from there.
    pub(crate) fn check(&mut self, found: &Found) -> Result<Fate, String> {
        let theirs = found.part(&self.names);
        let wrong = |what: String| format!("{} of {}: {what}", self.names.prefix, self.user);
        let before = self.part.difference(&theirs);
        let (fate, difference) = match &self.pending {
            None => (Fate::None, before),
            Some(call) => {
                let mut after = self.part.clone();
                after.apply(call);
                let after = after.difference(&theirs);
                let landed = match self.sole {
                    true => found.revision > self.revision,
                    false => before.is_some(),
                };
                match landed {
                    true => (Fate::Landed, after),
                    false => (Fate::Absent, before),
                }
            }
        };
        if let Some(difference) = difference {
            return Err(wrong(format!(
                "{difference} (acknowledged revision {}, found {}, under way: {:?})",
                self.revision, found.revision, self.pending
            )));
        }
        let steps = u64::from(fate == Fate::Landed);
        let expected = self.revision + steps;
        if found.revision < expected || (self.sole && found.revision != expected) {
            return Err(wrong(format!("the revision is {}, not {expected}", found.revision)));
        }
        self.part = theirs;
        self.revision = found.revision;
        self.pending = None;
        Ok(fate)
    }
}

/// The results of all items of an answer.
fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    let lists = [
        &answer["ResultItem"],
        &answer["GroupResultItem"][0]["ResultItem"],
        &answer["UpdateGroupResult"]["ContactResultItem"],
    ];
    lists.into_iter().filter_map(Value::as_array).flatten()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn found(slot: &Slot, part: &Part, revision: u64) -> Found {
        assert!(part.records.keys().all(|contact| slot.names.own(&contact.peer)));
        Found {
            groups: part.groups.keys().zip(1..).map(|(name, id)| (name.clone(), id)).collect(),
            records: part.records.clone(),
            revision,
        }
    }

    fn slot_with_pending(sole: bool) -> (Slot, Part) {
        let mut slot = Slot::new("u", "w", sole);
        slot.revision = 4;
        let call = Call::Create {
            name: "w-0".to_owned(),
            members: vec![slot.names.contact(0), slot.names.contact(1)],
        };
        let mut after = slot.part.clone();
        after.apply(&call);
        slot.pending = Some(call);
        (slot, after)
    }

    #[test]
    fn a_pending_call_is_wholly_there_or_wholly_absent() {
        for sole in [true, false] {
            let (slot, after) = slot_with_pending(sole);
            assert_eq!(slot.clone().check(&found(&slot, &slot.part, 4)), Ok(Fate::Absent));
            let mut landed = slot.clone();
            assert_eq!(landed.check(&found(&slot, &after, 5)), Ok(Fate::Landed));
            assert_eq!((landed.revision, landed.pending.is_none()), (5, true));
            let mut half = after.clone();
            half.records.remove(&slot.names.contact(1));
            for revision in [4, 5] {
                assert!(slot.clone().check(&found(&slot, &half, revision)).is_err());
            }
        }
    }

    /// Settles with a server that says that this revision was made.
    fn settled(slot: &mut Slot, revision: u64) -> Result<Option<Fate>, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    stream.read_line(&mut head).unwrap();
                }
                let (_, len) = head.rsplit_once("Content-Length: ").unwrap();
                stream.read_exact(&mut vec![0; len.trim().parse().unwrap()]).unwrap();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nFoldmark-Revision: {revision}\r\nContent-Length: 15\r\n\r\n{{\"ErrorCode\":0}}"
                );
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            });
            slot.settle(&mut Http::connect(address).unwrap(), "query")
        })
    }

    #[test]
    fn the_revision_tells_what_became_of_a_pending_call() {
        let (slot, after) = slot_with_pending(true);
        let mut fenced = slot.part.clone();
        fenced.apply(&Call::fence(&slot.names, 4));
        let mut absent = slot.clone();
        assert_eq!(settled(&mut absent, 5), Ok(Some(Fate::Absent)));
        assert_eq!((absent.check(&found(&slot, &fenced, 5)), absent.revision), (Ok(Fate::None), 5));
        fenced = after;
        fenced.apply(&Call::fence(&slot.names, 4));
        let mut landed = slot.clone();
        assert_eq!(settled(&mut landed, 6), Ok(Some(Fate::Landed)));
        assert_eq!((landed.check(&found(&slot, &fenced, 6)), landed.revision), (Ok(Fate::None), 6));
        for wrong in [4, 7] {
            assert!(settled(&mut slot.clone(), wrong).is_err());
        }
    }

    #[test]
    fn of_a_shared_user_the_data_tells_what_became_of_a_pending_call() {
        let (slot, after) = slot_with_pending(false);
        for (mut part, fate) in [(slot.part.clone(), Fate::Absent), (after, Fate::Landed)] {
            let mut slot = slot.clone();
            assert_eq!(settled(&mut slot, 9), Ok(Some(Fate::None)));
            part.apply(&Call::fence(&slot.names, 4));
            assert_eq!(slot.clone().check(&found(&slot, &part, 9)), Ok(fate));
            part.records.remove(&slot.names.contact(slot.names.contacts - 1));
            assert!(slot.clone().check(&found(&slot, &part, 9)).is_err());
        }
    }

    #[test]
    fn the_revision_must_fit_what_is_there() {
        let (slot, after) = slot_with_pending(true);
        assert!(slot.clone().check(&found(&slot, &after, 4)).is_err());
        assert!(slot.clone().check(&found(&slot, &after, 6)).is_err());
        assert!(slot.clone().check(&found(&slot, &slot.part, 5)).is_err());
        assert!(slot.clone().check(&found(&slot, &slot.part, 3)).is_err());
    }
}
