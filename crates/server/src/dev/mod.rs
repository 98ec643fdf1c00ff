//! The emulator, `foldmark dev`: the real server with a known key, a seed that it is brought back to, and faults that
//! are injected on request, for those who write clients.
//!
//! Only [`Server::start_dev`](crate::Server::start_dev) makes one. There is no key of the configuration and no
//! operators' call that would turn a server into an emulator, and neither works on the other's data folder.

mod fault;
mod folder;
mod injector;
mod reset;
mod routes;
mod seed;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use foldmark_core::subject::AppId;
use foldmark_wire::{CallName, Fault};
use tokio::sync::RwLock;

pub use folder::FolderError;
pub use injector::Faults;
pub use seed::Seed;

pub(crate) use folder::is_emulators;
pub(crate) use routes::extend;

use crate::calls::Answer;
use crate::clock::Clock;
use crate::config::{Settings, StoreSettings};
use crate::gate::Gate;
use fault::Effect;
use injector::{Injector, Step};

/// The number of the application that an emulator serves unless it is told otherwise.
pub const SDKAPPID: u32 = crate::first_run::SDKAPPID;
/// The key of every emulator. It is no secret and must never be that of a server.
pub const KEY: &str = "f01dde7af01dde7af01dde7af01dde7af01dde7af01dde7af01dde7af01dde7a";
/// The admin token of an emulator that only its own machine can reach. It is no secret.
pub const TOKEN: &str = "foldmark-dev";
/// What webhooks of an emulator are signed with, unless it is told otherwise. It is no secret.
pub const WEBHOOK_SECRET: &str = "whsec_Zm9sZG1hcmstZGV2LXdlYmhvb2tzLWFyZS1wdWJsaWM=";

/// What makes a server an emulator.
#[derive(Clone, Debug, Default)]
pub struct DevOptions {
    /// What it starts with, and what a reset brings back; `None`: nothing.
    pub seed: Option<Seed>,
    /// What calls meet from the start.
    pub faults: Faults,
}

/// An emulator's own state.
#[derive(Debug)]
pub(crate) struct Dev {
    injector: Injector,
    /// Held by every call, and alone by a reset, so that calls see what was before or what comes after.
    turn: RwLock<()>,
    apps: Vec<AppId>,
    /// Lines of an export.
    seed: Vec<String>,
    /// A data folder that has yet to be filled.
    new_folder: Option<PathBuf>,
    /// Whether there is nothing in the store yet.
    is_new: bool,
}

impl Dev {
    /// Tries the seed, and takes the data folder. Nothing is put into a store.
    pub(crate) async fn new(
        settings: &Settings,
        clock: &Clock,
        options: DevOptions,
    ) -> Result<Dev, DevError> {
        let first = settings.apps.first().ok_or(DevError::NoApplication)?;
        let seed = match &options.seed {
            Some(seed) => seed.lines(first, clock).await.map_err(DevError::Seed)?,
            None => Vec::new(),
        };
        let (new_folder, is_new) = match &settings.store {
            StoreSettings::Memory => (None, true),
            StoreSettings::Embedded(embedded) => {
                let is_new = folder::claim(&embedded.path)?;
                (is_new.then(|| embedded.path.clone()), is_new)
            }
            StoreSettings::Cassandra(_) => return Err(DevError::Cluster),
        };
        Ok(Dev {
            injector: Injector::new(options.faults),
            turn: RwLock::new(()),
            apps: settings.apps.iter().map(|app| app.app).collect(),
            seed,
            new_folder,
            is_new,
        })
    }

    /// Puts the seed into a store that is new.
    pub(crate) async fn fill(&self, gate: &Gate) -> Result<(), DevError> {
        if self.is_new {
            reset::put(gate, &self.seed).await.map_err(DevError::Seed)?;
        }
        if let Some(folder) = &self.new_folder {
            folder::filled(folder)?;
        }
        Ok(())
    }

    /// Has a call answered, with the faults that it meets before and after.
    pub(crate) async fn around(
        &self,
        call: CallName,
        answering: impl Future<Output = Result<Answer, Fault>>,
    ) -> Result<Answer, Fault> {
        let plan = self.injector.plan(call);
        if let Some(instead) = meet(&plan.before).await {
            return instead;
        }
        let answer = {
            let _turn = self.turn.read().await;
            answering.await
        };
        meet(&plan.after).await.unwrap_or(answer)
    }

    /// Makes everything as it was at the start: data, faults, and which calls meet them.
    async fn reset(&self, gate: &Gate) -> Result<(), String> {
        let _turn = self.turn.write().await;
        self.injector.reset();
        reset::bring_back(gate, &self.apps, &self.seed).await
    }
}

/// Waits, and says what is answered in place of the truth, if anything.
async fn meet(step: &Step) -> Option<Result<Answer, Fault>> {
    if step.delay > Duration::ZERO {
        tokio::time::sleep(step.delay).await;
    }
    match step.failure? {
        Effect::Code(code) => {
            Some(Err(Fault::new(code, format!("{} (injected by the emulator)", code.text()))))
        }
        Effect::Drop => Some(Ok(Answer::cut_off())),
        Effect::Delay(_) => None,
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// Something in the seed is wrong, or it cannot be put.
    #[error("the seed: {0}")]
    Seed(String),
    /// The data folder is not an emulator's.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Nobody could call it.
    #[error("an emulator needs an application")]
    NoApplication,
    /// A reset would empty a keyspace that others use.
    #[error("an emulator keeps its data in memory or in a folder, never in a cluster")]
    Cluster,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_of_the_configuration_makes_an_emulator() {
        let reference = crate::config::reference();
        for word in ["dev", "emulator", "fault", "fail", "delay", "inject", "reset", "seed", "drop"] {
            let has = |line: &str| line.split(['.', '`', '_']).any(|part| part == word);
            let keys = reference.lines().filter_map(|line| line.split('|').nth(1));
            assert_eq!(keys.filter(|key| has(key)).count(), 0, "{word}");
        }
    }

    #[tokio::test]
    async fn a_server_s_settings_make_an_emulator_only_where_a_reset_harms_nobody() {
        let clock = Clock::manual(1_700_000_000);
        let none = crate::config::load(None, &Default::default(), &[]).unwrap();
        let error = Dev::new(&none, &clock, DevOptions::default()).await.unwrap_err();
        assert!(matches!(error, DevError::NoApplication), "{error}");
        let cluster = [
            ("store.kind", "cassandra"),
            ("store.contact_points", "127.0.0.1"),
            ("apps.0.sdkappid", "1"),
            ("apps.0.key", "k"),
        ];
        let cluster = cluster.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let cluster = crate::config::load(None, &Default::default(), &cluster).unwrap();
        let error = Dev::new(&cluster, &clock, DevOptions::default()).await.unwrap_err();
        assert!(matches!(error, DevError::Cluster), "{error}");
    }
}
