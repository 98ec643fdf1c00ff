//! `foldmark migrate --to`: each user is written by the service's own calls, and read back.
//!
//! What the service has is read first, and only what is missing there is written: groups by name, conversations in
//! them, marks. What the service has beyond that is reported and left. The ids of groups and the timestamps are the
//! service's own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldmark_client::{AccountImport, ChatGroupType, CreateGroup};
use foldmark_core::policy::Registration;
use foldmark_server::config::Settings;
use foldmark_wire::contact::Contact;
use foldmark_wire::limits::ACCOUNTS_PER_CALL_MAX;
use foldmark_wire::transfer::{Digest, Line};
use futures_util::stream::{self, StreamExt};
use indicatif::ProgressBar;
use serde_json::Value;

use crate::failure::Failure;
use crate::migrate::args::{MigrateArgs, Mode};
use crate::migrate::content::{Content, Present};
use crate::migrate::here::{Here, parse};
use crate::migrate::reading::{self, ReadError};
use crate::migrate::remote::{Remote, RemoteError};
use crate::migrate::report::Report;
use crate::migrate::state::State;
use crate::migrate::writing::{self, Plan};
use crate::migrate::{SILENCE, compare, open_state};
use crate::progress;

/// How often what is missing is written and read back.
const ROUNDS: u32 = 3;

pub(super) async fn run(
    args: &MigrateArgs,
    settings: Settings,
    remote: Remote,
    users: Option<BTreeSet<String>>,
) -> Result<(), Failure> {
    let here = Here::open(settings, false, args.local()).await?;
    let mut ledger = Ledger::new(args, &here, users).await?;
    let worker = Worker { remote, mode: args.mode() };
    let moved = move_all(&worker, &here, &mut ledger, args).await;
    ledger.bar.finish_and_clear();
    let synced = ledger.state.as_mut().map_or(Ok(()), State::sync);
    here.close().await;
    let verb = match worker.mode {
        Mode::Write => "written",
        Mode::Verify => "compared",
        Mode::Dry => "to write",
    };
    ledger.report.finish(verb, moved.and(synced))
}

/// What the work on one user needs; many are under way at a time.
struct Worker {
    remote: Remote,
    mode: Mode,
}

/// What became of a user: whether something was or would be written, and what differs then.
enum Fate {
    Done { wrote: bool, mapping: Vec<Value>, extra: Vec<Value> },
    Different(Vec<Value>),
    Failed(String, Vec<Value>),
    Silent(String),
}

/// What is known of all users.
struct Ledger {
    /// Those who are meant and were not met yet; `None`: all.
    wanted: Option<BTreeSet<String>>,
    /// Those who are finished, with what they had.
    finished: HashMap<String, Digest>,
    /// Chat groups that conversations can be about; `None`: all.
    alive: Option<HashSet<String>>,
    /// Users who were imported at the service.
    registered: HashSet<String>,
    state: Option<State>,
    report: Report,
    bar: ProgressBar,
    silent: u32,
}

async fn move_all(
    worker: &Worker,
    here: &Here,
    ledger: &mut Ledger,
    args: &MigrateArgs,
) -> Result<(), Failure> {
    walk_chat_groups(worker, here, ledger, args).await?;
    let mut walk = here.walk("users");
    while let Some(page) = walk.next().await? {
        let mut users = Vec::new();
        for text in page {
            let Line::User(user) = parse(&text)? else { continue };
            if let Some(present) = ledger.take(Present::from(&user)) {
                users.push(present);
            }
        }
        if args.register_accounts {
            register_accounts(worker, ledger, &users).await?;
        }
        let fates = users.into_iter().map(|present| async move {
            let fate = worker.one(&present.user, &present.content).await;
            (present, fate)
        });
        let mut fates = stream::iter(fates).buffer_unordered(args.concurrency as usize);
        while let Some((present, fate)) = fates.next().await {
            ledger.add(&present, fate?)?;
        }
    }
    for user in ledger.wanted.take().unwrap_or_default() {
        ledger.report.unknown(&user)?;
    }
    Ok(())
}

impl Worker {
    async fn one(&self, user: &str, ours: &Content) -> Result<Fate, Failure> {
        let mut wrote = false;
        let mut refusal = None;
        for round in 0..=ROUNDS {
            let theirs = match reading::read(&self.remote, user).await {
                Ok(theirs) => theirs,
                Err(ReadError::Unknown) if self.mode == Mode::Verify => {
                    return Ok(Fate::Different(vec![compare::missing(user, true, false)]));
                }
                Err(ReadError::Unknown) if self.mode == Mode::Dry => Content::default(),
                Err(ReadError::Unknown) => {
                    let reason = "the service does not know him; --register-accounts would import him";
                    return Ok(Fate::Failed(reason.to_owned(), Vec::new()));
                }
                Err(ReadError::Failed(reason)) => return Ok(Fate::Failed(reason, Vec::new())),
                Err(ReadError::NoAnswer(reason)) => return Ok(Fate::Silent(reason)),
                Err(ReadError::Hopeless(failure)) => return Err(failure),
            };
            let plan = Plan::new(ours, &theirs);
            let differences = compare::by_name(user, ours, &theirs);
            if plan.is_empty() || self.mode != Mode::Write {
                let mapping = compare::mapping(user, ours, &theirs);
                return Ok(match self.mode {
                    Mode::Verify if !differences.is_empty() => Fate::Different(differences),
                    Mode::Dry => Fate::Done { wrote: !plan.is_empty(), mapping, extra: Vec::new() },
                    _ => Fate::Done { wrote, mapping, extra: differences },
                });
            }
            if round == ROUNDS {
                let reason = refusal.unwrap_or_else(|| "read back, he has something else".to_owned());
                return Ok(Fate::Failed(reason, differences));
            }
            wrote = true;
            refusal = match writing::write(&self.remote, user, &plan).await {
                Ok(refusal) => refusal,
                Err(RemoteError::Refused { code, info }) => Some(format!("{info} ({code})")),
                Err(RemoteError::NoAnswer(reason)) => return Ok(Fate::Silent(reason)),
                Err(RemoteError::Hopeless(failure)) => return Err(failure),
            };
        }
        unreachable!("the loop ends with the last round")
    }
}

impl Ledger {
    async fn new(
        args: &MigrateArgs,
        here: &Here,
        wanted: Option<BTreeSet<String>>,
    ) -> Result<Ledger, Failure> {
        let (state, finished) = open_state(args, Some(here))?;
        let total = match &wanted {
            Some(wanted) => wanted.len() as u64,
            None => here.count("users").await?,
        };
        Ok(Ledger {
            wanted,
            finished,
            alive: None,
            registered: HashSet::new(),
            state,
            report: Report::new(args.differences.as_deref())?,
            bar: progress::bar(Some(total), "users"),
            silent: 0,
        })
    }

    /// The user, without what nobody sees of him, if he is to be moved.
    fn take(&mut self, mut present: Present) -> Option<Present> {
        let is_wanted = self.wanted.as_mut().is_none_or(|wanted| wanted.remove(&present.user));
        if !is_wanted {
            return None;
        }
        if let Some(alive) = &self.alive {
            // As in the replies of calls: conversations about chat groups that were disbanded are hidden.
            present.content.records.retain(|record| match &record.contact {
                Contact::User(_) => true,
                Contact::ChatGroup(peer) => alive.contains(peer.as_ref()),
            });
        }
        if present.content.is_empty() && !present.imported {
            self.bar.inc(1);
            return None;
        }
        if self.finished.get(&present.user) == Some(&present.content.digest()) {
            self.report.counts.earlier += 1;
            self.bar.inc(1);
            return None;
        }
        Some(present)
    }

    fn add(&mut self, present: &Present, fate: Fate) -> Result<(), Failure> {
        self.bar.inc(1);
        let user = &present.user;
        let is_silent = matches!(fate, Fate::Silent(_));
        self.silent = if is_silent { self.silent + 1 } else { 0 };
        match fate {
            Fate::Done { wrote, mapping, extra } => {
                let counts = &mut self.report.counts;
                counts.written += u64::from(wrote);
                counts.same += u64::from(!wrote);
                counts.groups += present.content.groups.len() as u64;
                counts.records += present.content.records.len() as u64;
                counts.mapped += mapping.len() as u64;
                self.report.lines(&mapping)?;
                if !extra.is_empty() {
                    self.report.different(user, &extra)?;
                }
                if let Some(state) = &mut self.state {
                    state.done(user, present.content.digest())?;
                }
            }
            Fate::Different(lines) => self.report.different(user, &lines)?,
            Fate::Failed(reason, lines) => {
                self.report.failed(user, &reason)?;
                self.report.lines(&lines)?;
            }
            Fate::Silent(reason) => self.report.failed(user, &reason)?,
        }
        if self.silent >= SILENCE {
            return Err(Failure::transport(format!(
                "the service gave no answer for {SILENCE} users in a row"
            )));
        }
        Ok(())
    }
}

/// Finds out which chat groups are alive, and creates them at the service if that is asked for.
async fn walk_chat_groups(
    worker: &Worker,
    here: &Here,
    ledger: &mut Ledger,
    args: &MigrateArgs,
) -> Result<(), Failure> {
    let is_open = here.app.policy.chat_groups == Registration::Open;
    if is_open && !args.register_chat_groups {
        return Ok(());
    }
    let mut alive = HashSet::new();
    // Owners have to be accounts, which they are after the accounts were imported.
    let mut owners = BTreeSet::new();
    let mut groups = BTreeMap::new();
    let mut walk = here.walk("chat_groups");
    while let Some(page) = walk.next().await? {
        for text in page {
            let Line::ChatGroup(group) = parse(&text)? else { continue };
            if !group.alive {
                continue;
            }
            alive.insert(group.id.as_ref().to_owned());
            if args.register_chat_groups {
                if !group.owner.is_empty() {
                    owners.insert(group.owner.as_ref().to_owned());
                }
                groups.insert(group.id.as_ref().to_owned(), text);
            }
        }
    }
    ledger.alive = (!is_open).then_some(alive);
    if args.register_accounts {
        let owners: Vec<AccountImport<'_>> =
            owners.iter().map(|owner| AccountImport::new(owner.as_str())).collect();
        import_accounts(worker, ledger, &owners).await?;
    }
    for text in groups.values() {
        create_chat_group(worker, ledger, text).await?;
    }
    Ok(())
}

async fn create_chat_group(worker: &Worker, ledger: &mut Ledger, text: &str) -> Result<(), Failure> {
    let Line::ChatGroup(line) = parse(text)? else { return Ok(()) };
    ledger.report.counts.chat_groups += 1;
    if worker.mode != Mode::Write {
        return Ok(());
    }
    let group = CreateGroup {
        kind: ChatGroupType::from_name(&line.kind).unwrap_or(ChatGroupType::Public),
        name: if line.name.is_empty() { line.id.clone() } else { line.name.clone() },
        owner_account: (!line.owner.is_empty()).then(|| line.owner.clone()),
        group_id: Some(line.id.clone()),
        members: Vec::new(),
    };
    match worker.remote.ask(|| worker.remote.client.create_group(&group)).await {
        Ok(_) => Ok(()),
        // It is there already.
        Err(RemoteError::Refused { code: 10_021 | 10_025, .. }) => {
            ledger.report.counts.chat_groups -= 1;
            Ok(())
        }
        Err(RemoteError::Refused { code, info }) => {
            ledger.report.counts.chat_groups -= 1;
            ledger.report.unregistered(&format!("chat group {:?}", line.id), &format!("{info} ({code})"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Imports the accounts of a page, with their profiles, and the users whom their conversations name.
async fn register_accounts(worker: &Worker, ledger: &mut Ledger, users: &[Present]) -> Result<(), Failure> {
    let mut accounts = Vec::new();
    for present in users {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned().into());
        let (nick, face_url) = (text(&present.nick), text(&present.face_url));
        let has_profile = nick.is_some() || face_url.is_some();
        if ledger.registered.insert(present.user.clone()) || has_profile {
            accounts.push(AccountImport { nick, face_url, ..AccountImport::new(present.user.clone()) });
        }
    }
    for present in users {
        for record in &present.content.records {
            let Contact::User(peer) = &record.contact else { continue };
            if ledger.registered.insert(peer.as_ref().to_owned()) {
                accounts.push(AccountImport::new(peer.as_ref().to_owned()));
            }
        }
    }
    import_accounts(worker, ledger, &accounts).await
}

async fn import_accounts(
    worker: &Worker,
    ledger: &mut Ledger,
    accounts: &[AccountImport<'_>],
) -> Result<(), Failure> {
    for batch in accounts.chunks(ACCOUNTS_PER_CALL_MAX) {
        let mut imported = batch.len() as u64;
        if worker.mode == Mode::Write {
            for account in writing::import_accounts(&worker.remote, batch).await? {
                imported -= 1;
                ledger.report.unregistered(&format!("account {account:?}"), "refused by the service")?;
            }
        }
        ledger.report.counts.accounts += imported;
    }
    Ok(())
}
