//! `foldmark migrate --from`: each user is read from the service and put whole.
//!
//! First come the users whom the Foldmark knows, page by page, so that what it has of them is at hand: their profiles
//! stay, and who is the same is not written. Then come the others. At the end the Foldmark is walked once more: every
//! user who was put has to be there as he was read, and the peers that conversations name are registered.

use std::collections::{BTreeMap, BTreeSet};

use foldmark_core::policy::{Limits, Registration};
use foldmark_server::config::Settings;
use foldmark_wire::transfer::{Digest, Line};
use futures_util::stream::{self, StreamExt};
use indicatif::ProgressBar;
use serde_json::Value;

use crate::failure::Failure;
use crate::migrate::args::{MigrateArgs, Mode};
use crate::migrate::content::{Content, Present};
use crate::migrate::here::{self, Here, parse};
use crate::migrate::peers::Peers;
use crate::migrate::reading::{self, ReadError};
use crate::migrate::remote::Remote;
use crate::migrate::report::Report;
use crate::migrate::state::State;
use crate::migrate::{SILENCE, compare, fits, open_state};
use crate::progress;

pub(super) async fn run(
    args: &MigrateArgs,
    settings: Settings,
    remote: Remote,
    users: BTreeSet<String>,
) -> Result<(), Failure> {
    let mode = args.mode();
    let (here, limits) = match mode == Mode::Write || here::exists(&settings) {
        true => {
            let here = Here::open(settings, mode == Mode::Write, args.local()).await?;
            let limits = here.app.policy.limits;
            (Some(here), limits)
        }
        false if settings.apps.is_empty() => (None, Limits::default()),
        false => (None, here::application(&settings.apps, args.local())?.policy.limits),
    };
    let mut ledger = Ledger::new(args, here.as_ref(), limits, users)?;
    let worker = Worker { remote, here, mode, replace: args.replace };
    let moved = move_all(&worker, &mut ledger, args.concurrency as usize).await;
    ledger.bar.finish_and_clear();
    let synced = ledger.state.as_mut().map_or(Ok(()), State::sync);
    if let Some(here) = worker.here {
        here.close().await;
    }
    let verb = match mode {
        Mode::Write => "put",
        Mode::Verify => "compared",
        Mode::Dry => "to put",
    };
    ledger.report.finish(verb, moved.and(synced))
}

/// What the work on one user needs; many are under way at a time.
struct Worker {
    remote: Remote,
    /// None: there is nothing yet.
    here: Option<Here>,
    mode: Mode,
    replace: bool,
}

/// What became of a user.
enum Fate {
    /// He is there, or would be, with this content.
    Put(Content),
    /// He was there with this content.
    Same(Content),
    /// He has something else there.
    Different(Vec<Value>),
    /// The source does not know him.
    Unknown,
    Failed(String),
    /// The source gave no answer.
    Silent(String),
}

/// What is known of all users.
struct Ledger {
    /// Those that are finished have the digest of what they have.
    users: BTreeMap<String, Progress>,
    peers: Peers,
    limits: Limits,
    mode: Mode,
    state: Option<State>,
    report: Report,
    bar: ProgressBar,
    silent: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Pending,
    Finished(Digest),
    /// Unknown, different or failed.
    Left,
}

async fn move_all(worker: &Worker, ledger: &mut Ledger, concurrency: usize) -> Result<(), Failure> {
    if let Some(here) = &worker.here {
        let mut walk = here.walk("users");
        while let Some(page) = walk.next().await? {
            let mut present = Vec::new();
            for text in page {
                let Line::User(user) = parse(&text)? else { continue };
                if ledger.users.get(user.id.as_ref()) == Some(&Progress::Pending) {
                    present.push((user.id.as_ref().to_owned(), Some(Present::from(&user))));
                }
            }
            move_some(worker, ledger, present, concurrency).await?;
        }
    }
    let pending = ledger.users.iter().filter(|(_, progress)| **progress == Progress::Pending);
    let absent = pending.map(|(user, _)| (user.clone(), None)).collect();
    move_some(worker, ledger, absent, concurrency).await?;
    match (worker.mode, &worker.here) {
        (Mode::Write, Some(here)) => check(here, ledger).await?,
        (Mode::Verify, _) => return Ok(()),
        _ => {}
    }
    let mut peers = std::mem::take(&mut ledger.peers);
    // They were or would be put themselves.
    peers.users.retain(|user| !matches!(ledger.users.get(user), Some(Progress::Finished(_))));
    let writes = worker.mode == Mode::Write;
    peers.register(&worker.remote, worker.here.as_ref(), writes, &mut ledger.report).await
}

async fn move_some(
    worker: &Worker,
    ledger: &mut Ledger,
    users: Vec<(String, Option<Present>)>,
    concurrency: usize,
) -> Result<(), Failure> {
    let fates = users.into_iter().map(|(user, present)| async move {
        let fate = worker.one(&user, present).await;
        (user, fate)
    });
    let mut fates = stream::iter(fates).buffer_unordered(concurrency);
    while let Some((user, fate)) = fates.next().await {
        ledger.add(user, fate?)?;
    }
    Ok(())
}

impl Worker {
    /// Moves or compares one user.
    async fn one(&self, user: &str, present: Option<Present>) -> Result<Fate, Failure> {
        let source = match reading::read(&self.remote, user).await {
            Ok(source) => source,
            Err(ReadError::Unknown) => {
                return Ok(match present {
                    Some(present) if self.mode == Mode::Verify && present.imported => {
                        Fate::Different(vec![compare::missing(user, false, true)])
                    }
                    _ => Fate::Unknown,
                });
            }
            Err(ReadError::Failed(reason)) => return Ok(Fate::Failed(reason)),
            Err(ReadError::NoAnswer(reason)) => return Ok(Fate::Silent(reason)),
            Err(ReadError::Hopeless(failure)) => return Err(failure),
        };
        let nothing = Content::default();
        let source = source.or_looks_of(present.as_ref().map_or(&nothing, |present| &present.content));
        let Some(present) = present else {
            return match self.mode {
                Mode::Verify => Ok(Fate::Different(vec![compare::missing(user, true, false)])),
                Mode::Write | Mode::Dry => self.put(source, Present::nobody(user, true), self.replace).await,
            };
        };
        let is_account = present.imported || !self.is_registered_only();
        let is_same = present.content == source;
        if is_same && is_account {
            return Ok(Fate::Same(source));
        }
        if self.mode == Mode::Verify {
            return Ok(Fate::Different(match is_account {
                true => compare::exactly(user, &source, &present.content),
                false => vec![compare::missing(user, true, false)],
            }));
        }
        if !is_same && !present.content.is_empty() && !self.replace {
            return Ok(Fate::Different(compare::exactly(user, &source, &present.content)));
        }
        // Who is the same and no account can be changed by nobody else, so that nothing gets lost by replacing him.
        let replace = self.replace || is_same;
        self.put(source, Present { imported: true, ..present }, replace).await
    }

    async fn put(&self, source: Content, present: Present, replace: bool) -> Result<Fate, Failure> {
        let (Mode::Write, Some(here)) = (self.mode, &self.here) else { return Ok(Fate::Put(source)) };
        let line = source.line(&present, here.sdkappid()).to_text();
        let refusals = here.put(&[line], replace).await?;
        Ok(match refusals.into_iter().next().flatten() {
            None => Fate::Put(source),
            Some(reason) => Fate::Failed(reason),
        })
    }

    fn is_registered_only(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.app.policy.accounts == Registration::Registered)
    }
}

impl Ledger {
    fn new(
        args: &MigrateArgs,
        here: Option<&Here>,
        limits: Limits,
        users: BTreeSet<String>,
    ) -> Result<Ledger, Failure> {
        let (state, done) = open_state(args, here)?;
        let mut report = Report::new(args.differences.as_deref())?;
        let bar = progress::bar(Some(users.len() as u64), "users");
        let mut ledger = BTreeMap::new();
        for user in users {
            let progress = match done.get(&user) {
                Some(digest) => Progress::Finished(*digest),
                None => Progress::Pending,
            };
            if progress != Progress::Pending {
                report.counts.earlier += 1;
                bar.inc(1);
            }
            ledger.insert(user, progress);
        }
        Ok(Ledger {
            users: ledger,
            peers: Peers::default(),
            limits,
            mode: args.mode(),
            state,
            report,
            bar,
            silent: 0,
        })
    }

    fn add(&mut self, user: String, fate: Fate) -> Result<(), Failure> {
        self.bar.inc(1);
        let is_silent = matches!(fate, Fate::Silent(_));
        self.silent = if is_silent { self.silent + 1 } else { 0 };
        match &fate {
            Fate::Put(_) => self.report.counts.written += 1,
            Fate::Same(_) => self.report.counts.same += 1,
            Fate::Different(lines) => self.report.different(&user, lines)?,
            Fate::Unknown => self.report.unknown(&user)?,
            Fate::Failed(reason) | Fate::Silent(reason) => self.report.failed(&user, reason)?,
        }
        let progress = match fate {
            Fate::Put(content) | Fate::Same(content) => {
                let digest = content.digest();
                self.count(&user, &content)?;
                if let Some(state) = &mut self.state {
                    state.done(&user, digest)?;
                }
                Progress::Finished(digest)
            }
            _ => Progress::Left,
        };
        self.users.insert(user, progress);
        if self.silent >= SILENCE {
            return Err(Failure::transport(format!(
                "the service gave no answer for {SILENCE} users in a row; those that are finished are not asked for \
                 again when the same command is repeated with --state"
            )));
        }
        Ok(())
    }

    fn count(&mut self, user: &str, content: &Content) -> Result<(), Failure> {
        self.report.counts.groups += content.groups.len() as u64;
        self.report.counts.records += content.records.len() as u64;
        if self.mode == Mode::Dry {
            self.peers.add(content);
            let problems = fits::problems(content, &self.limits);
            if !problems.is_empty() {
                self.report.unfit(user, &problems)?;
            }
        }
        Ok(())
    }
}

/// Reads all finished users back, those of earlier runs too, and collects whom their conversations name.
async fn check(here: &Here, ledger: &mut Ledger) -> Result<(), Failure> {
    let mut expected: BTreeMap<&str, Digest> = BTreeMap::new();
    for (user, progress) in &ledger.users {
        if let Progress::Finished(digest) = progress {
            expected.insert(user, *digest);
        }
    }
    ledger.bar.set_message("read back");
    let mut walk = here.walk("users");
    while let Some(page) = walk.next().await? {
        for text in page {
            let Line::User(user) = parse(&text)? else { continue };
            let Some(digest) = expected.remove(user.id.as_ref()) else { continue };
            let present = Present::from(&user);
            if present.content.digest() != digest {
                ledger.report.failed(&present.user, "read back, he has something else than was put")?;
            }
            ledger.peers.add(&present.content);
        }
    }
    for user in expected.into_keys() {
        ledger.report.failed(user, "read back, he is not there")?;
    }
    Ok(())
}
