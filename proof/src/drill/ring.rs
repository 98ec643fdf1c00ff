//! Users who are written to in turn, so that what is there of all of them tells one moment from any other.
//!
//! Write number n goes to user n modulo the number of users, and is sent when write n - 1 was acknowledged. It marks
//! two conversations with n in one call. So at any moment the users have the marks of the last writes and of no others:
//! if a later write is there, all earlier ones are.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::http::{Http, query};

/// The users of a ring.
const USERS: u64 = 5;
/// The conversations that each write marks together.
const PEERS: [&str; 2] = ["first", "second"];

/// One ring, with one writer.
pub(super) struct Ring {
    name: String,
    /// The last write that was sent; those from 1 to it may have happened.
    sent: AtomicU64,
    /// The last write that was acknowledged.
    acknowledged: AtomicU64,
}

/// How far a ring was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
}

impl Ring {
    pub(super) fn new(number: usize) -> Ring {
        Ring { name: format!("ring{number}"), sent: AtomicU64::new(0), acknowledged: AtomicU64::new(0) }
    }

    /// How far it is. What was acknowledged is looked at first: at the beginning of a backup all of it must be in it.
    pub(super) fn reached(&self) -> Reached {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        Reached { acknowledged, sent: self.sent.load(Ordering::SeqCst) }
    }

    /// Writes until the server is gone.
    pub(super) fn write(&self, address: SocketAddr) -> Result<(), String> {
        let mut http = Http::connect(address)?;
        let query = query();
        for number in 1.. {
            self.sent.store(number, Ordering::SeqCst);
            let items = PEERS.map(|peer| {
                json!({"ContactItem": {"Type": 1, "To_Account": peer}, "OptType": 2, "CustomMark": number.to_string()})
            });
            let body = json!({"From_Account": self.user(number), "MarkItem": items});
            let Ok(answer) = http.call("recentcontact/mark_contact", &query, &body) else {
                return Ok(());
            };
            if answer.code()? != 0 {
                return Err(format!("a mark was refused: {}", answer.text));
            }
            self.acknowledged.store(number, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Reads the ring from a server on a restored folder and checks that it is as it was at one moment between
    /// `before` and `after`. Gives the last write that is there.
    pub(super) fn check(&self, http: &mut Http, before: Reached, after: Reached) -> Result<u64, String> {
        let query = query();
        let mut found = Vec::new();
        for user in 0..USERS {
            found.push(self.read(http, &query, user)?);
        }
        let last = *found.iter().max().expect("there are users");
        for (user, number) in (0..).zip(&found) {
            // The greatest write to this user that is not behind the last one of all.
            let expected = (0..USERS).filter_map(|back| last.checked_sub(back)).find(|n| n % USERS == user);
            if *number != expected.unwrap_or(0) {
                return Err(format!("{}: no moment has its users at writes {found:?}", self.name));
            }
        }
        if last < before.acknowledged {
            return Err(format!(
                "{}: write {} was acknowledged before, and {last} is the last one there",
                self.name, before.acknowledged
            ));
        }
        if last > after.sent {
            return Err(format!(
                "{}: write {last} is there, and only {} had been sent",
                self.name, after.sent
            ));
        }
        Ok(last)
    }

    /// The number of the last write to a user. His revision has to be that of so many commits and of the restore.
    fn read(&self, http: &mut Http, query: &str, user: u64) -> Result<u64, String> {
        let id = self.user(user);
        let peers = PEERS.map(|peer| json!({"Type": 1, "To_Account": peer}));
        let body = json!({"From_Account": id, "ContactItem": peers});
        let answer = http.call("recentcontact/search_contact_group", query, &body)?;
        let json = answer.json()?;
        let mark = |item: &Value| item["CustomMark"].as_str().and_then(|text| text.parse::<u64>().ok());
        let items = json["ContactResultItem"].as_array().ok_or_else(|| answer.text.clone())?;
        let marks: Vec<u64> = items.iter().filter_map(mark).collect();
        let number = match marks[..] {
            [] => 0,
            [first, second] if first == second => first,
            _ => return Err(format!("{id}: half of a write is there: {}", answer.text)),
        };
        // Those of the numbers from 1 on that are his: he is at his last one.
        let writes = number.div_ceil(USERS);
        let expected = if writes == 0 { 0 } else { writes + 1 };
        match answer.revision {
            Some(revision) if revision == expected => Ok(number),
            revision => Err(format!("{id}: after {writes} writes the revision is {revision:?}")),
        }
    }

    fn user(&self, number: u64) -> String {
        format!("{}u{}", self.name, number % USERS)
    }
}
