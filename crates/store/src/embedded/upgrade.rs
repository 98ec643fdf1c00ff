//! Taking the data folder of an older version of Foldmark to the present format, when it is opened.
//!
//! The steps work on a copy beside the database, which takes its place by one renaming when all of them are done; what
//! was there before stays under another name, for whoever wants to go back. So the database is at every moment either
//! as it was or as it is to be, and an upgrade that was cut off is begun again by the next opening. It needs room for a
//! second copy of the data, which is kept until the operator removes it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use heed::RwTxn;

use super::env::{Environment, FORMAT_VERSION, READERS_FILE, store_error};
use super::folder::{self, DATA_FILE};
use super::options::OpenError;

/// The folder in which the copy is made.
const UPGRADING: &str = "upgrading";

/// The formats that a program knows, and how it takes each of them to the next.
pub(super) struct Formats {
    /// What it writes.
    pub(super) newest: u32,
    /// The first takes format 1 to 2, the next 2 to 3, and so on.
    pub(super) steps: &'static [Step],
}

/// Changes a map to the next format in one transaction, all but the row that names the format. Rows of a kind whose
/// values have a format of their own need no step: old values are read for ever.
pub(super) type Step = fn(&Environment, &mut RwTxn<'_>) -> Result<(), heed::Error>;

/// Those of this version of Foldmark. There has been one so far.
pub(super) const FORMATS: Formats = Formats { newest: FORMAT_VERSION, steps: &[] };

const _: () = assert!(FORMATS.steps.len() as u32 + 1 == FORMATS.newest, "each format has a way to the next");

/// Upgrades the database in `folder`, which is locked, if it has an older format; removes what an upgrade that was cut
/// off has left. `map_bytes` is the largest size that its map may have.
pub(super) fn upgrade(folder: &Path, map_bytes: usize, formats: &Formats) -> Result<(), OpenError> {
    let Some(upgrade) = Upgrade::begin(folder, map_bytes, formats)? else {
        return Ok(());
    };
    tracing::info!(from = upgrade.from, to = formats.newest, "upgrading the data folder");
    for stage in Stage::ALL {
        if let Err(error) = upgrade.carry_out(stage) {
            // The next opening tries again; until then the room is better used otherwise.
            let _ = fs::remove_dir_all(upgrade.place());
            return Err(error);
        }
    }
    let kept = upgrade.kept().display().to_string();
    let to = formats.newest;
    tracing::info!(
        from = upgrade.from,
        to,
        kept,
        "the data folder is upgraded; remove what was kept of it when you like"
    );
    Ok(())
}

/// An upgrade under way.
struct Upgrade<'a> {
    folder: &'a Path,
    map_bytes: usize,
    formats: &'a Formats,
    /// The format that the folder has.
    from: u32,
}

/// What is done one after the other. Whenever it is cut off, between two of these or within one, it can be begun again.
#[derive(Clone, Copy)]
enum Stage {
    Copy,
    Change,
    Keep,
    Swap,
    Tidy,
}

impl Stage {
    const ALL: [Stage; 5] = [Stage::Copy, Stage::Change, Stage::Keep, Stage::Swap, Stage::Tidy];
}

impl<'a> Upgrade<'a> {
    /// `None` if there is nothing to do. A format that is newer than all that are known is refused.
    fn begin(
        folder: &'a Path,
        map_bytes: usize,
        formats: &'a Formats,
    ) -> Result<Option<Upgrade<'a>>, OpenError> {
        let place = folder.join(UPGRADING);
        match fs::remove_dir_all(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::Io { action: "remove", path: place, source: error });
            }
            _ => {}
        }
        let environment = Environment::open(folder, 0).map_err(|error| super::not_opened(folder, &error))?;
        // Another program may have left an empty file where the database goes.
        environment.begin_format(folder, formats.newest)?;
        let from = environment.format(folder, formats.newest)?;
        Ok((from < formats.newest).then_some(Upgrade { folder, map_bytes, formats, from }))
    }

    fn carry_out(&self, stage: Stage) -> Result<(), OpenError> {
        match stage {
            Stage::Copy => self.copy(),
            Stage::Change => self.change(),
            Stage::Keep => self.keep(),
            Stage::Swap => self.swap(),
            Stage::Tidy => self.tidy(),
        }
    }

    /// Where the copy is made.
    fn place(&self) -> PathBuf {
        self.folder.join(UPGRADING)
    }

    /// Where the database stays as it was.
    fn kept(&self) -> PathBuf {
        self.folder.join(format!("before-upgrade-v{}", self.from))
    }

    fn copy(&self) -> Result<(), OpenError> {
        let place = self.place();
        fs::create_dir(&place).map_err(|error| self.failed(&error))?;
        let environment =
            Environment::open(self.folder, 0).map_err(|error| self.failed(&store_error(&error)))?;
        let mut file = File::create_new(place.join(DATA_FILE)).map_err(|error| self.failed(&error))?;
        environment.copy(&mut file).map_err(|error| self.failed(&store_error(&error)))?;
        file.sync_all().map_err(|error| self.failed(&error))
    }

    /// Takes the copy to the newest format, a transaction a step.
    fn change(&self) -> Result<(), OpenError> {
        let environment = Environment::open(&self.place(), self.map_bytes)
            .map_err(|error| self.failed(&store_error(&error)))?;
        for (step, from) in self.formats.steps.iter().zip(1..) {
            if from < self.from {
                continue;
            }
            let changed = environment.write().and_then(|mut txn| {
                step(&environment, &mut txn)?;
                environment.put_format(&mut txn, from + 1)?;
                txn.commit()
            });
            changed.map_err(|error| self.failed(&format!("step {from}: {}", store_error(&error))))?;
        }
        drop(environment);
        folder::sync(&self.place())
    }

    /// Gives the database as it was a second name. An earlier one, of an upgrade that was cut off or gone back from, is
    /// older or the same.
    fn keep(&self) -> Result<(), OpenError> {
        let kept = self.kept();
        let file = kept.join(DATA_FILE);
        match fs::create_dir(&kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(self.failed(&error)),
            _ => {}
        }
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.failed(&error)),
            _ => {}
        }
        fs::hard_link(self.folder.join(DATA_FILE), &file).map_err(|error| self.failed(&error))?;
        folder::sync(&kept)?;
        folder::sync(self.folder)
    }

    fn swap(&self) -> Result<(), OpenError> {
        // The table of readers is about the old file. A process that still reads that keeps the old table, too.
        match fs::remove_file(self.folder.join(READERS_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.failed(&error)),
            _ => {}
        }
        fs::rename(self.place().join(DATA_FILE), self.folder.join(DATA_FILE))
            .map_err(|error| self.failed(&error))?;
        folder::sync(self.folder)
    }

    fn tidy(&self) -> Result<(), OpenError> {
        let place = self.place();
        fs::remove_dir_all(&place).map_err(|source| OpenError::Io { action: "remove", path: place, source })
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> OpenError {
        OpenError::Upgrade {
            folder: self.folder.to_owned(),
            from: self.from,
            to: self.formats.newest,
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::{AppId, Subject, UserId};

    use super::*;
    use crate::embedded::{EmbeddedStore, Options};
    use crate::{Select, Store};

    /// A row that the made-up steps write.
    const MADE_UP: &[u8] = b"\0\0\0\0made up";
    const NEXT: Formats = Formats { newest: 2, steps: &[first] };
    const AFTER_NEXT: Formats = Formats { newest: 3, steps: &[first, second] };
    const FAILING: Formats = Formats { newest: 3, steps: &[first, failing] };

    fn first(environment: &Environment, txn: &mut RwTxn<'_>) -> Result<(), heed::Error> {
        assert_eq!(environment.table().get(txn, MADE_UP)?, None, "a step is never done twice");
        environment.table().put(txn, MADE_UP, b"first")
    }

    fn second(environment: &Environment, txn: &mut RwTxn<'_>) -> Result<(), heed::Error> {
        assert_eq!(environment.table().get(txn, MADE_UP)?, Some(&b"first"[..]));
        environment.table().put(txn, MADE_UP, b"second")
    }

    /// Writes much, and finds that it cannot go on.
    fn failing(environment: &Environment, txn: &mut RwTxn<'_>) -> Result<(), heed::Error> {
        environment.table().put(txn, MADE_UP, &[7; 100_000])?;
        Err(heed::Error::Mdb(heed::MdbError::MapFull))
    }

    /// The data folders of all released versions, by their formats. Each version has had format 1 so far.
    fn golden() -> Vec<PathBuf> {
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let found: Vec<_> = fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!found.is_empty());
        found
    }

    fn copy_of(golden: &Path) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(golden.join(DATA_FILE), folder.path().join(DATA_FILE)).unwrap();
        folder
    }

    fn open(folder: &Path, formats: &Formats) -> Result<EmbeddedStore, OpenError> {
        EmbeddedStore::open_as(folder, Options::default(), Box::new(|_| {}), formats)
    }

    fn made_up(store: &EmbeddedStore) -> Option<Vec<u8>> {
        let entered = store.shared.gate.enter().unwrap();
        let txn = entered.read().unwrap();
        entered.table().get(&txn, MADE_UP).unwrap().map(<[u8]>::to_vec)
    }

    async fn revision(store: &EmbeddedStore) -> u64 {
        let ann = Subject::user(AppId::new(1).unwrap(), UserId::parse("ann").unwrap());
        store.view(ann, Select::All).await.unwrap().revision().get()
    }

    #[tokio::test]
    async fn every_released_folder_is_upgraded_step_by_step_and_kept_as_it_was() {
        for golden in golden() {
            let folder = copy_of(&golden);
            let store = open(folder.path(), &AFTER_NEXT).unwrap();
            assert_eq!(made_up(&store).as_deref(), Some(&b"second"[..]));
            let upgraded = revision(&store).await;
            assert!(upgraded > 0);
            drop(store);
            assert_eq!(made_up(&open(folder.path(), &AFTER_NEXT).unwrap()).as_deref(), Some(&b"second"[..]));
            assert!(!folder.path().join(UPGRADING).exists());

            // The version before does not touch it, and says why.
            let refused = open(folder.path(), &NEXT).err().unwrap().to_string();
            assert!(
                refused.contains("has format version 3, but this version of Foldmark knows only 2"),
                "{refused}"
            );

            // Going back is putting the kept file in its place.
            let kept = folder.path().join("before-upgrade-v1").join(DATA_FILE);
            assert_eq!(fs::read(&kept).unwrap(), fs::read(golden.join(DATA_FILE)).unwrap());
            fs::copy(&kept, folder.path().join(DATA_FILE)).unwrap();
            let store = open(folder.path(), &FORMATS).unwrap();
            assert_eq!((made_up(&store), revision(&store).await), (None, upgraded));
            drop(store);

            // And forward again, over what was kept the first time; from a format between, its own steps only.
            assert_eq!(made_up(&open(folder.path(), &NEXT).unwrap()).as_deref(), Some(&b"first"[..]));
            assert_eq!(made_up(&open(folder.path(), &AFTER_NEXT).unwrap()).as_deref(), Some(&b"second"[..]));
            assert!(folder.path().join("before-upgrade-v2").join(DATA_FILE).exists());
        }
    }

    #[tokio::test]
    async fn cut_off_at_any_point_it_is_begun_again() {
        for golden in golden() {
            for stages in 0..=Stage::ALL.len() {
                let folder = copy_of(&golden);
                let upgrade = Upgrade::begin(folder.path(), 1 << 30, &AFTER_NEXT).unwrap().unwrap();
                for stage in &Stage::ALL[..stages] {
                    upgrade.carry_out(*stage).unwrap();
                }
                // A version that does not know the new format has the old data, or refuses the new ones.
                match open(folder.path(), &FORMATS) {
                    Ok(store) => assert!(stages < 4 && made_up(&store).is_none(), "{stages}"),
                    Err(error) => assert!(stages >= 4 && matches!(error, OpenError::Newer { .. }), "{error}"),
                }
                let store = open(folder.path(), &AFTER_NEXT).unwrap();
                assert_eq!(made_up(&store).as_deref(), Some(&b"second"[..]), "{stages}");
                assert!(revision(&store).await > 0);
                drop(store);
                assert!(!folder.path().join(UPGRADING).exists());
                let kept = folder.path().join("before-upgrade-v1").join(DATA_FILE);
                assert_eq!(fs::read(kept).unwrap(), fs::read(golden.join(DATA_FILE)).unwrap(), "{stages}");
            }
        }
    }

    #[tokio::test]
    async fn cut_off_within_a_copy_it_is_begun_again() {
        let folder = copy_of(&golden()[0]);
        let place = folder.path().join(UPGRADING);
        fs::create_dir(&place).unwrap();
        fs::write(place.join(DATA_FILE), [0; 5_000]).unwrap();
        assert_eq!(made_up(&open(folder.path(), &NEXT).unwrap()).as_deref(), Some(&b"first"[..]));
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_everything_as_it_was() {
        let folder = copy_of(&golden()[0]);
        let before = fs::read(folder.path().join(DATA_FILE)).unwrap();
        let error = open(folder.path(), &FAILING).err().unwrap().to_string();
        assert!(
            error.contains("of format version 1 cannot be upgraded to 3, and is as it was: step 2: "),
            "{error}"
        );
        assert_eq!(fs::read(folder.path().join(DATA_FILE)).unwrap(), before);
        assert!(!folder.path().join(UPGRADING).exists());
        assert_eq!(made_up(&open(folder.path(), &FORMATS).unwrap()), None);
    }

    #[test]
    fn a_new_folder_has_the_newest_format_at_once() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(made_up(&open(folder.path(), &AFTER_NEXT).unwrap()), None);
        assert!(!folder.path().join("before-upgrade-v1").exists());
        assert!(matches!(
            open(folder.path(), &FORMATS).err().unwrap(),
            OpenError::Newer { found: 3, known: 1, .. }
        ));
    }
}
