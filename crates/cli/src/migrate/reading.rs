//! Reading a user of the other service as he was at one moment, although his pages come one after the other.
//!
//! Pages that do not fit together are those of a user who changed meanwhile: he is read again from the start, a bounded
//! number of times. A server that names a revision is held to it; it is a Foldmark, and asked how groups are shown too. A
//! service may also send on each page only the groups of that page; then two readings in a row give the same, and their
//! union is taken.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use foldmark_client::GetContactGroupReply;
use foldmark_wire::Code;

use crate::failure::Failure;
use crate::migrate::content::{self, Content, Record};
use crate::migrate::remote::{Remote, RemoteError};

/// How often a user is read who changes meanwhile, and the pause before the second time; it grows with each.
const READINGS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(200);
/// Pages of one user; no service keeps as much.
const PAGES: usize = 1_000;

/// Why a user could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The service does not know him.
    Unknown,
    /// For this user the service said no, or his pages never fitted together.
    Failed(String),
    /// The service gave no answer that can be understood.
    NoAnswer(String),
    /// No other user can be read either.
    Hopeless(Failure),
}

/// All that the service keeps for `user`.
pub(super) async fn read(remote: &Remote, user: &str) -> Result<Content, ReadError> {
    let mut previous = None;
    let mut reason = String::new();
    for reading in 1..=READINGS {
        let mut pages = Pages::default();
        let fault = pages.read(remote, user).await?;
        let lists_differ = pages.lists_differ;
        let content = pages.content;
        reason = match fault {
            None if !lists_differ || previous.as_ref() == Some(&content) => return Ok(content),
            None => "its pages list different groups".to_owned(),
            Some(fault) => fault,
        };
        previous = Some(content);
        if reading < READINGS {
            tokio::time::sleep(PAUSE * reading).await;
        }
    }
    Err(ReadError::Failed(format!("changes while it is read, {READINGS} times: {reason}")))
}

/// One reading.
#[derive(Default)]
struct Pages {
    content: Content,
    lists_differ: bool,
    first_groups: Option<BTreeMap<u32, String>>,
    groups: BTreeMap<u32, String>,
    seen: HashSet<(u8, String)>,
}

impl Pages {
    /// Reads all pages; gives back why they do not fit together, if so.
    async fn read(&mut self, remote: &Remote, user: &str) -> Result<Option<String>, ReadError> {
        let mut revision = None;
        let mut start = 0;
        for _ in 0..PAGES {
            let reply = remote.ask_reply(|| remote.client.get_contact_group(user, start)).await?;
            if *revision.get_or_insert(reply.revision) != reply.revision {
                return Ok(Some("its revision rose".to_owned()));
            }
            let next = reply.value.next_start_index;
            let is_last = reply.value.complete_flag == 1;
            if let Some(fault) = self.add(reply.value) {
                return Ok(Some(fault));
            }
            if is_last {
                return match (self.finish(), reply.revision) {
                    (None, Some(revision)) => self.read_looks(remote, user, revision).await,
                    (fault, _) => Ok(fault),
                };
            }
            if next <= start {
                return Ok(Some(format!("behind the page at {start} it goes on at {next}")));
            }
            start = next;
        }
        Ok(Some(format!("it has more than {PAGES} pages")))
    }

    /// Asks a Foldmark how the groups are shown; an older one may not know the call.
    async fn read_looks(
        &mut self,
        remote: &Remote,
        user: &str,
        revision: u64,
    ) -> Result<Option<String>, ReadError> {
        if self.content.groups.is_empty() {
            self.content.looks = Some(BTreeMap::new());
            return Ok(None);
        }
        let reply = match remote.ask_reply(|| remote.client.list_contact_groups(user)).await {
            Ok(reply) => reply,
            Err(RemoteError::Refused { code, .. }) if code == Code::NoSuchResource.number() => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if reply.revision != Some(revision) {
            return Ok(Some("its revision rose".to_owned()));
        }
        let groups = reply.value.groups.iter().map(|group| &group.group);
        self.content.looks = Some(content::looks(groups.map(|group| (group.id, group.order, &*group.ex))));
        Ok(None)
    }

    fn add(&mut self, page: GetContactGroupReply<'static>) -> Option<String> {
        let groups: BTreeMap<u32, String> =
            page.groups.into_iter().map(|group| (group.id, group.name.into_owned())).collect();
        for (id, name) in &groups {
            if self.groups.insert(*id, name.clone()).is_some_and(|before| before != *name) {
                return Some(format!("group {id} was renamed"));
            }
        }
        self.lists_differ |= *self.first_groups.get_or_insert_with(|| groups.clone()) != groups;
        for record in page.contacts {
            let key = (record.contact.kind(), record.contact.peer().to_owned());
            if !self.seen.insert(key) {
                return Some(format!("conversation {:?} is there twice", record.contact.peer()));
            }
            let mut ids = record.group_ids.into_owned();
            ids.sort_unstable();
            ids.dedup();
            let record = Record {
                contact: record.contact.into_owned(),
                timestamp: record.timestamp,
                standard_mark: record.standard_mark.0,
                custom_mark: record.custom_mark.into_owned(),
                groups: ids,
            };
            // What says nothing any more cannot be kept, and need not be.
            if !record.is_empty() {
                self.content.records.push(record);
            }
        }
        None
    }

    fn finish(&mut self) -> Option<String> {
        for record in &self.content.records {
            if let Some(id) = record.groups.iter().find(|id| !self.groups.contains_key(id)) {
                return Some(format!(
                    "conversation {:?} is in group {id}, which is not listed",
                    record.contact.peer()
                ));
            }
        }
        self.content.groups = std::mem::take(&mut self.groups).into_iter().collect();
        None
    }
}

impl From<RemoteError> for ReadError {
    fn from(error: RemoteError) -> ReadError {
        match error {
            RemoteError::Refused { code, .. } if code == Code::NotImported.number() => ReadError::Unknown,
            RemoteError::Refused { code, info } => ReadError::Failed(format!("{info} ({code})")),
            RemoteError::NoAnswer(reason) => ReadError::NoAnswer(reason),
            RemoteError::Hopeless(failure) => ReadError::Hopeless(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> GetContactGroupReply<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn pages_that_do_not_fit_together_are_found() {
        const FIRST: &str = r#"{"ContactItem":[{"Type":1,"To_Account":"a","ContactGroupId":[2,1]},
            {"Type":1,"To_Account":"b"}],"GroupItem":[{"GroupName":"x","GroupId":1}],"CompleteFlag":0}"#;
        let second = |text: &str| {
            let mut pages = Pages::default();
            assert_eq!(pages.add(page(FIRST)), None);
            let fault = pages.add(page(text)).or_else(|| pages.finish());
            (fault, pages.lists_differ, pages.content)
        };
        let (fault, ..) = second(r#"{"ContactItem":[{"Type":1,"To_Account":"b"}],"CompleteFlag":1}"#);
        assert_eq!(fault.unwrap(), "conversation \"b\" is there twice");
        let (fault, ..) = second(r#"{"GroupItem":[{"GroupName":"y","GroupId":1}],"CompleteFlag":1}"#);
        assert_eq!(fault.unwrap(), "group 1 was renamed");
        let (fault, ..) = second(r#"{"GroupItem":[{"GroupName":"x","GroupId":1}],"CompleteFlag":1}"#);
        assert_eq!(fault.unwrap(), "conversation \"a\" is in group 2, which is not listed");
        let (fault, differ, content) =
            second(r#"{"GroupItem":[{"GroupName":"z","GroupId":2}],"CompleteFlag":1}"#);
        assert_eq!((fault, differ, content.groups.len()), (None, true, 2));
        assert_eq!(content.records.len(), 1, "what says nothing is left out");
        assert_eq!(content.records[0].groups, [1, 2]);
    }
}
