//! What all measurements of a run share: the plan, the filled data, the peers, and the report.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::compare::Failure;
use crate::fill::fill;
use crate::foldmark::Foldmark;
use crate::load::Ask;
use crate::machine::Machine;
use crate::people::People;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::report::Report;
use crate::rounds::{Contestant, measure};
use crate::template::Template;

/// How much is measured, and on what.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Pairs of turns, one of each side.
    pub(crate) pairs: usize,
    /// How long a turn takes.
    pub(crate) turn: Duration,
    /// Connections of each side.
    pub(crate) clients: usize,
    /// Ordinary users of ten records.
    pub(crate) users: u64,
    /// Ordinary users where much data is wanted.
    pub(crate) many_users: u64,
    /// Users of 300 records.
    pub(crate) wide_users: u64,
    /// The program under test.
    pub(crate) foldmark: PathBuf,
}

/// A run.
pub(crate) struct Bench {
    /// How much is measured.
    pub(crate) plan: Plan,
    /// What was found.
    pub(crate) report: Report,
    data: Option<PathBuf>,
    many_data: Option<PathBuf>,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    /// Fields are dropped in order: the folder is let go of last.
    folder: TempDir,
}

impl Bench {
    /// Looks at the machine. Everything is kept in a new folder in `parent`, which is gone with the run.
    pub(crate) fn new(plan: Plan, parent: &Path) -> Result<Bench, Failure> {
        let folder = tempfile::Builder::new().prefix("foldmark-bench-").tempdir_in(parent)?;
        // PostgreSQL runs under an account of its own.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let machine = Machine::look(folder.path())?;
        let report = Report::new(machine, plan.pairs, plan.turn.as_secs_f64());
        Ok(Bench { plan, report, data: None, many_data: None, postgres: None, redis: None, folder })
    }

    /// Where everything of this run is kept.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The ordinary users.
    pub(crate) fn ordinary(&self) -> People {
        People::ordinary(self.plan.users)
    }

    /// The users of 300 records.
    pub(crate) fn wide(&self) -> People {
        People::wide(self.plan.wide_users, self.plan.users)
    }

    /// A data folder with ordinary, wide, heavy and empty users.
    pub(crate) fn data(&mut self) -> Result<PathBuf, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let users = self.plan.users;
        let people = [self.ordinary(), self.wide(), People::heavy(users), People::empty(users)];
        let data = self.fill("data", &people)?;
        self.data = Some(data.clone());
        Ok(data)
    }

    /// A data folder with many ordinary users.
    pub(crate) fn many_data(&mut self) -> Result<PathBuf, Failure> {
        if let Some(data) = &self.many_data {
            return Ok(data.clone());
        }
        let data = self.fill("many-data", &[People::ordinary(self.plan.many_users)])?;
        self.many_data = Some(data.clone());
        Ok(data)
    }

    /// Makes a data folder of this name.
    #[expect(clippy::disallowed_methods, reason = "a person may want to know why nothing happens")]
    pub(crate) fn fill(&self, name: &str, people: &[People]) -> Result<PathBuf, Failure> {
        let data = self.folder().join(name);
        let begun = Instant::now();
        fill(&data, people)?;
        let records: u64 = people.iter().map(|people| people.count * people.records).sum();
        eprintln!("Put {records} records into {name} in {:.1} s.", begun.elapsed().as_secs_f64());
        Ok(data)
    }

    /// PostgreSQL with the ordinary and the wide users.
    pub(crate) fn postgres(&mut self) -> Result<(), Failure> {
        if self.postgres.is_none() {
            self.postgres = Some(Postgres::start(self.folder.path(), &[self.ordinary(), self.wide()])?);
            eprintln!("PostgreSQL is filled.");
        }
        Ok(())
    }

    /// Redis with the ordinary and the wide users.
    pub(crate) fn redis(&mut self) -> Result<(), Failure> {
        if self.redis.is_none() {
            self.redis = Some(Redis::start(self.folder.path(), &[self.ordinary(), self.wide()])?);
            eprintln!("Redis is filled.");
        }
        Ok(())
    }

    /// The peers that were started before.
    pub(crate) fn peers(&self) -> Result<(&Postgres, &Redis), Failure> {
        match (&self.postgres, &self.redis) {
            (Some(postgres), Some(redis)) => Ok((postgres, redis)),
            _ => Err("the peers were not started".into()),
        }
    }

    /// Starts the program under test on this data.
    pub(crate) fn start(&self, data: &Path, pinned: bool) -> Result<Foldmark, Failure> {
        Foldmark::start(&self.plan.foldmark, data, pinned)
    }

    /// Measures these sides in turns and keeps what comes out.
    pub(crate) fn compare(
        &mut self,
        title: &str,
        of: crate::report::Measure,
        contestants: Vec<Contestant<'_>>,
    ) -> Result<(), Failure> {
        let comparison = measure(title, of, self.plan.pairs, self.plan.turn, contestants)?;
        self.report.add(comparison);
        Ok(())
    }
}

/// Requests of one kind.
pub(crate) fn only(template: Template) -> Vec<Ask> {
    vec![Ask { template, percent: 100 }]
}
