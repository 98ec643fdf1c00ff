//! What a receiver knows of a user, and the rules by which it drops and applies events: those of `docs/EXTENSIONS.md`,
//! section 11, and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What is known of one user.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    incarnation: String,
    /// Incarnations that are over.
    over: BTreeSet<String>,
    pub(super) revision: u64,
    /// Events that were taken at this revision.
    ids: BTreeSet<String>,
    /// Up to where everything was told.
    whole: u64,
    /// Custom marks by the other side of the conversation.
    pub(super) marks: BTreeMap<String, String>,
}

/// An event as it came.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) revision: u64,
    since: u64,
    data: Value,
    is_deleted: bool,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Applied,
    /// Everything is told anew, and by more than this event.
    Begun,
    /// It was there already, or came late.
    Dropped,
}

impl Event {
    pub(super) fn read(id: String, body: &[u8]) -> Result<Event, String> {
        let event: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let data = event["data"].clone();
        let number = |name: &str| data[name].as_u64().ok_or(format!("an event without {name}: {event}"));
        let (since, revision) = (number("Since")?, number("Revision")?);
        let user = data["From_Account"].as_str().ok_or("an event about nobody")?.to_owned();
        if id.is_empty() {
            return Err(format!("an event without an id: {event}"));
        }
        Ok(Event { id, user, revision, since, is_deleted: event["type"] == "user.deleted", data })
    }

    /// Whether it tells everything anew, with more to follow.
    pub(super) fn begins(&self) -> bool {
        self.is_reset() && self.has_more()
    }

    fn is_reset(&self) -> bool {
        self.data["Reset"] == true
    }

    fn has_more(&self) -> bool {
        self.data["More"] == true
    }

    fn incarnation(&self) -> &str {
        self.data["Incarnation"].as_str().unwrap_or_default()
    }
}

impl Known {
    /// Drops or applies an event. An error: something was not told.
    pub(super) fn take(&mut self, event: &Event) -> Result<Taken, String> {
        let is_other = self.incarnation != event.incarnation();
        if is_other && self.over.contains(event.incarnation()) {
            return Ok(Taken::Dropped);
        }
        let is_late = event.revision < self.revision
            || (event.revision == self.revision && self.ids.contains(&event.id))
            || (event.is_reset() && event.revision == self.whole);
        if !is_other && is_late {
            return Ok(Taken::Dropped);
        }
        let is_gap = is_other || event.since > self.whole;
        if is_gap && !event.is_reset() && event.since > 0 && !event.is_deleted {
            let Event { user, since, .. } = event;
            return Err(format!("{user} was told up to {}, and then since {since}: {event:?}", self.whole));
        }
        if is_other {
            let before = std::mem::replace(&mut self.incarnation, event.incarnation().to_owned());
            self.over.insert(before);
        }
        if is_other || event.revision > self.revision {
            self.ids.clear();
        }
        self.apply(event);
        match event.begins() {
            true => Ok(Taken::Begun),
            false => Ok(Taken::Applied),
        }
    }

    fn apply(&mut self, event: &Event) {
        if event.is_reset() || event.is_deleted {
            self.marks.clear();
            self.whole = event.since;
        }
        let peer = |contact: &Value| contact["To_Account"].as_str().unwrap_or_default().to_owned();
        for contact in event.data["ContactItem"].as_array().into_iter().flatten() {
            let mark = contact["CustomMark"].as_str().unwrap_or_default().to_owned();
            self.marks.insert(peer(contact), mark);
        }
        for contact in event.data["RemovedItem"].as_array().into_iter().flatten() {
            self.marks.remove(&peer(contact));
        }
        self.revision = event.revision;
        self.ids.insert(event.id.clone());
        if !event.has_more() {
            self.whole = event.revision;
        }
    }
}
