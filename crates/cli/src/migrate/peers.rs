//! The users and chat groups whom moved conversations name: registered at the Foldmark where they exist at the source.
//!
//! They are put by the operators' call like everything else, because the key of the Foldmark's application need not be
//! at hand. An account gets no profile, for the source tells nobody's; a chat group gets its type, name, owner and time
//! where the source tells them. Who is there already is left alone. What the source itself does not know any more is
//! not registered: nobody is brought back who was deleted.

use std::collections::{HashMap, HashSet};

use foldmark_client::{AccountStatus, ChatGroupFacts};
use foldmark_core::policy::Registration;
use foldmark_wire::contact::Contact;
use foldmark_wire::limits::{ACCOUNTS_PER_CALL_MAX, CHAT_GROUPS_PER_INFO_MAX};
use foldmark_wire::transfer::{ChatGroupLine, Line, UserLine};

use crate::failure::Failure;
use crate::migrate::content::{Content, Present};
use crate::migrate::here::{Here, parse};
use crate::migrate::remote::{Remote, RemoteError};
use crate::migrate::report::Report;
use crate::out;

/// Peers that were met.
#[derive(Default)]
pub(super) struct Peers {
    pub(super) users: HashSet<String>,
    pub(super) chat_groups: HashSet<String>,
}

impl Peers {
    pub(super) fn add(&mut self, content: &Content) {
        for record in &content.records {
            match &record.contact {
                Contact::User(peer) => self.users.insert(peer.as_ref().to_owned()),
                Contact::ChatGroup(peer) => self.chat_groups.insert(peer.as_ref().to_owned()),
            };
        }
    }

    /// Registers those that are missing; without `writes` they are counted only.
    pub(super) async fn register(
        self,
        remote: &Remote,
        here: Option<&Here>,
        writes: bool,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let mut users = self.users;
        let mut chat_groups = self.chat_groups;
        let mut revived = HashMap::new();
        if let Some(here) = here {
            leave_out_users(here, &mut users, &mut revived).await?;
            leave_out_chat_groups(here, &mut chat_groups).await?;
        }
        let users = existing_users(remote, sorted(users)).await?;
        let chat_groups = existing_chat_groups(remote, sorted(chat_groups)).await?;
        let Some(here) = here.filter(|_| writes) else {
            report.counts.accounts += users.len() as u64;
            report.counts.chat_groups += chat_groups.len() as u64;
            return Ok(());
        };
        report.counts.accounts += put_users(here, &users, &revived, report).await?;
        report.counts.chat_groups += put_chat_groups(here, &chat_groups, report).await?;
        Ok(())
    }
}

/// Leaves out who is an account here. Of those who are known but no accounts, the lines are kept.
async fn leave_out_users(
    here: &Here,
    users: &mut HashSet<String>,
    revived: &mut HashMap<String, String>,
) -> Result<(), Failure> {
    if users.is_empty() {
        return Ok(());
    }
    let is_open = here.app.policy.accounts == Registration::Open;
    let mut walk = here.walk("users");
    while let Some(page) = walk.next().await? {
        for text in page {
            let Line::User(user) = parse(&text)? else { continue };
            if !users.contains(user.id.as_ref()) {
                continue;
            }
            if user.imported || is_open {
                users.remove(user.id.as_ref());
            } else {
                revived.insert(user.id.as_ref().to_owned(), text);
            }
        }
    }
    Ok(())
}

async fn leave_out_chat_groups(here: &Here, chat_groups: &mut HashSet<String>) -> Result<(), Failure> {
    if chat_groups.is_empty() {
        return Ok(());
    }
    let mut walk = here.walk("chat_groups");
    while let Some(page) = walk.next().await? {
        for text in page {
            let Line::ChatGroup(chat_group) = parse(&text)? else { continue };
            if chat_group.alive {
                chat_groups.remove(chat_group.id.as_ref());
            }
        }
    }
    Ok(())
}

/// Those whom the source knows.
async fn existing_users(remote: &Remote, users: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut existing = Vec::new();
    for batch in users.chunks(ACCOUNTS_PER_CALL_MAX) {
        let ids: Vec<&str> = batch.iter().map(String::as_str).collect();
        let results = match remote.ask(|| remote.client.account_check(&ids)).await {
            Ok(reply) => reply.results,
            Err(RemoteError::Refused { code, info }) => {
                out::note(&format!(
                    "account_check is refused: {info} ({code}); peers are taken for accounts"
                ));
                existing.extend_from_slice(batch);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let known = results.into_iter().filter(|result| result.status == AccountStatus::Imported);
        existing.extend(known.map(|result| result.user_id.into_owned()));
    }
    Ok(existing)
}

/// Those that the source knows, with what it tells of them.
async fn existing_chat_groups(
    remote: &Remote,
    chat_groups: Vec<String>,
) -> Result<Vec<(String, Option<ChatGroupFacts<'static>>)>, Failure> {
    let mut existing = Vec::new();
    for batch in chat_groups.chunks(CHAT_GROUPS_PER_INFO_MAX) {
        let ids: Vec<&str> = batch.iter().map(String::as_str).collect();
        match remote.ask(|| remote.client.get_group_info(&ids)).await {
            Ok(reply) => {
                let known = reply.groups.into_iter().filter(|group| group.code == 0);
                existing.extend(known.map(|group| (group.group_id.into_owned(), group.facts)));
            }
            Err(RemoteError::Refused { code, info }) => {
                out::note(&format!("get_group_info is refused: {info} ({code}); chat groups get no names"));
                existing.extend(batch.iter().map(|id| (id.clone(), None)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(existing)
}

async fn put_users(
    here: &Here,
    users: &[String],
    revived: &HashMap<String, String>,
    report: &mut Report,
) -> Result<u64, Failure> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for user in users {
        match revived.get(user) {
            Some(text) => {
                let Line::User(line) = parse(text)? else { continue };
                old.push(Line::User(UserLine { imported: true, ..line }).to_text());
            }
            None => {
                let nobody = Present::nobody(user, true);
                new.push(Content::default().line(&nobody, here.sdkappid()).to_text());
            }
        }
    }
    let mut refusals = here.put(&old, true).await?;
    refusals.extend(here.put(&new, false).await?);
    count(&refusals, report)
}

async fn put_chat_groups(
    here: &Here,
    chat_groups: &[(String, Option<ChatGroupFacts<'static>>)],
    report: &mut Report,
) -> Result<u64, Failure> {
    let mut lines = Vec::new();
    for (id, facts) in chat_groups {
        let facts = facts.as_ref();
        let line = Line::ChatGroup(ChatGroupLine {
            sdkappid: here.sdkappid(),
            id: id.as_str().into(),
            alive: true,
            kind: facts.map_or("Public", |facts| &facts.kind).into(),
            name: facts.map_or("", |facts| &facts.name).into(),
            owner: facts.map_or("", |facts| &facts.owner_account).into(),
            created: facts.map_or(0, |facts| facts.create_time),
        });
        lines.push(line.to_text());
    }
    let refusals = here.put(&lines, false).await?;
    count(&refusals, report)
}

/// How many were put; the others are reported.
fn count(refusals: &[Option<String>], report: &mut Report) -> Result<u64, Failure> {
    let mut put = 0;
    for refusal in refusals {
        match refusal {
            None => put += 1,
            Some(reason) => report.unregistered("peer", reason)?,
        }
    }
    Ok(put)
}

fn sorted(names: HashSet<String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}
