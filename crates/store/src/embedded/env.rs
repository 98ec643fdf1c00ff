//! The LMDB environment: how it is opened, its one table, and the few facts about it that the store needs.
//!
//! It is opened with full durability, always: a transaction that was committed is on disk. A committed transaction
//! costs one sync of the data and one synchronous write of a meta page.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use heed::types::Bytes;
use heed::{
    CommitOrAbort, CompactionOption, Database, Env, EnvOpenOptions, MdbError, RoTxn, RwTxn, WithoutTls,
};

use super::options::OpenError;
use crate::StoreError;
use crate::key;

/// The table of everything, raw bytes to raw bytes.
pub(super) type Table = Database<'static, Bytes, Bytes>;

/// How many reads can go on at once. A read never waits for anything, so that this is a bound on threads.
pub(super) const READERS: u32 = 1024;

/// The file with the table of readers, and its size: 64 bytes a reader, and a page for what else is in it.
pub(super) const READERS_FILE: &str = "lock.mdb";
const READERS_FILE_BYTES: usize = READERS as usize * 64 + 4096;

/// How often a read is begun anew because a transaction has begun to end meanwhile. It takes a thousandth of the time of one.
const READ_TRIES: u32 = 1_000;

/// The format of the map that this program writes, and the newest that it can read.
pub(super) const FORMAT_VERSION: u32 = 1;
pub(super) const FORMAT_WORD: &[u8] = b"foldmark";

/// At this share of the largest map only commits that take data away, or add next to none, are taken on.
const NEARLY_FULL_PERCENT: u128 = 95;

/// An open environment.
pub(super) struct Environment {
    env: Env<WithoutTls>,
    table: Table,
    /// How many write transactions have begun to end.
    finishing: AtomicU64,
}

/// How the end of a write transaction went wrong.
#[derive(Debug)]
pub(super) enum FinishError {
    /// Before the meta page was touched: nothing happened, and the environment is well.
    Before(heed::Error),
    /// While the meta page was written: either may have happened, and the environment takes no further transaction.
    Dead(heed::Error),
}

impl Environment {
    /// Opens the environment in `folder`, or makes one, with a map of `map_bytes`, or of what the data needs if that
    /// is more.
    pub(super) fn open(folder: &Path, map_bytes: usize) -> Result<Environment, heed::Error> {
        reserve_readers(folder)?;
        let env = open_env(folder, map_bytes)?;
        // Another process that died while it read (a verification, say) would keep pages from being used again.
        env.clear_stale_readers()?;
        let read = env.read_txn()?;
        let opened: CommitOrAbort<Table, ()> = env.open_databases_and_commit(read, |opener, read| {
            let table = opener.open_database::<Bytes, Bytes>(read, None)?;
            Ok::<_, heed::Error>(CommitOrAbort::Commit(table.expect("the unnamed database always exists")))
        })?;
        let table = opened.unwrap_commit();
        Ok(Environment { env, table, finishing: AtomicU64::new(0) })
    }

    /// Enters `newest` as the version of the format into a map that has nothing in it; a map without a version that
    /// has something in it is another program's.
    pub(super) fn begin_format(&self, folder: &Path, newest: u32) -> Result<(), OpenError> {
        let failed = |error| OpenError::Database { folder: folder.to_owned(), source: store_error(&error) };
        let mut txn = self.write().map_err(failed)?;
        if self.table.get(&txn, key::FORMAT).map_err(failed)?.is_some() {
            return Ok(());
        }
        if !self.table.is_empty(&txn).map_err(failed)? {
            return Err(foreign(folder, "its database was made by another program"));
        }
        self.put_format(&mut txn, newest).map_err(failed)?;
        txn.commit().map_err(failed)
    }

    /// The version of the format of the map, which must be `newest` or an older one.
    pub(super) fn format(&self, folder: &Path, newest: u32) -> Result<u32, OpenError> {
        let failed = |source| OpenError::Database { folder: folder.to_owned(), source };
        let txn = self.read().map_err(failed)?;
        let stored = self.table.get(&txn, key::FORMAT).map_err(|error| failed(store_error(&error)))?;
        let stored = stored.ok_or_else(|| foreign(folder, "its database was made by another program"))?;
        let version = stored.strip_prefix(FORMAT_WORD).and_then(|version| version.try_into().ok());
        match version.map(u32::from_be_bytes) {
            None | Some(0) => Err(foreign(folder, "the format row of its database is not readable")),
            Some(found) if found <= newest => Ok(found),
            Some(found) => Err(OpenError::Newer { folder: folder.to_owned(), found, known: newest }),
        }
    }

    /// Enters the version of the format.
    pub(super) fn put_format(&self, txn: &mut RwTxn<'_>, version: u32) -> Result<(), heed::Error> {
        let value = [FORMAT_WORD, &version.to_be_bytes()].concat();
        self.table.put(txn, key::FORMAT, &value)
    }

    /// The table of everything.
    pub(super) fn table(&self) -> Table {
        self.table
    }

    /// Begins a read transaction.
    pub(super) fn read(&self) -> Result<RoTxn<'_, WithoutTls>, StoreError> {
        for _ in 0..READ_TRIES {
            let before = self.finishing.load(Ordering::SeqCst);
            let txn = self.env.read_txn().map_err(|error| store_error(&error))?;
            // LMDB takes the number of the last transaction, and then what that one's meta page says. There are two of
            // these pages: whoever is held up in between for a whole transaction finds what the one after it is just
            // writing, which is not committed yet, and behind which the next reader would go back. If none has begun to
            // end meanwhile, that one has not.
            if self.finishing.load(Ordering::SeqCst) == before {
                return Ok(txn);
            }
        }
        Err(StoreError::Failed("the database is written to faster than it can be read".to_owned()))
    }

    /// Begins a write transaction; waits for the one that is going on, if any.
    pub(super) fn write(&self) -> Result<RwTxn<'_>, heed::Error> {
        self.env.write_txn()
    }

    /// Commits a write transaction. It is durable when this returns without an error.
    pub(super) fn finish(&self, txn: RwTxn<'_>) -> Result<(), FinishError> {
        self.finishing.fetch_add(1, Ordering::SeqCst);
        let Err(error) = txn.commit() else {
            return Ok(());
        };
        // LMDB flags an environment whose meta page it could not write, and tells by refusing the next transaction.
        match self.env.read_txn() {
            Err(heed::Error::Mdb(MdbError::Panic)) => Err(FinishError::Dead(error)),
            _ => Err(FinishError::Before(error)),
        }
    }

    /// The present size of the map.
    pub(super) fn map_bytes(&self) -> usize {
        self.env.info().map_size
    }

    /// How many places of the table of readers were ever taken at once.
    pub(super) fn readers(&self) -> u32 {
        self.env.info().number_of_readers
    }

    /// Writes a copy without free pages to `file`, in one read transaction of its own.
    pub(super) fn copy(&self, file: &mut File) -> Result<(), heed::Error> {
        self.env.copy_to_file(file, CompactionOption::Enabled)
    }

    /// What the data, as `txn` sees it, takes up.
    ///
    /// Counted are the pages in use by the table, which LMDB keeps count of. The list of free pages is not counted:
    /// it takes a thousandth of what it lists.
    pub(super) fn used_bytes(&self, txn: &RoTxn<'_>) -> Result<u64, heed::Error> {
        let stat = self.table.stat(txn)?;
        let pages = stat.branch_pages as u64 + stat.leaf_pages as u64 + stat.overflow_pages as u64;
        Ok(pages * u64::from(stat.page_size))
    }

    /// Whether the data, as `txn` sees it, takes up nearly all of a map of `max_bytes`.
    pub(super) fn nearly_full(&self, txn: &RwTxn<'_>, max_bytes: usize) -> Result<bool, heed::Error> {
        let used_bytes = u128::from(self.used_bytes(txn)?);
        Ok(used_bytes * 100 >= max_bytes as u128 * NEARLY_FULL_PERCENT)
    }

    /// The number of the last transaction that was committed.
    #[cfg(test)]
    pub(super) fn last_transaction(&self) -> usize {
        self.env.info().last_txn_id
    }
}

fn foreign(folder: &Path, reason: &str) -> OpenError {
    OpenError::Foreign { folder: folder.to_owned(), reason: reason.to_owned() }
}

/// What the callers of a store are told about an error of the database.
pub(super) fn store_error(error: &heed::Error) -> StoreError {
    match error {
        heed::Error::Mdb(
            MdbError::Corrupted | MdbError::PageNotFound | MdbError::Invalid | MdbError::VersionMismatch,
        ) => StoreError::Corrupt(error.to_string()),
        heed::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            StoreError::Failed("no space left on the disk".to_owned())
        }
        _ => StoreError::Failed(error.to_string()),
    }
}

/// Gives the file with the table of readers all the room on the disk that it will need. The database only sets its
/// length and writes to it in memory, so that on a full disk the process would be killed where it should be told.
fn reserve_readers(folder: &Path) -> Result<(), heed::Error> {
    let path = folder.join(READERS_FILE);
    if path.metadata().is_ok_and(|facts| facts.len() >= READERS_FILE_BYTES as u64) {
        return Ok(());
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.write_all(&[0; READERS_FILE_BYTES])?;
    // File systems that choose places late say only now that there is none.
    file.sync_all()?;
    Ok(())
}

/// Readers are kept in no thread-local storage: that would tie the end of any thread to the life of the environment.
#[expect(
    unsafe_code,
    reason = "a memory map is only as safe as its file, which no function signature can promise"
)]
fn open_env(folder: &Path, map_bytes: usize) -> Result<Env<WithoutTls>, heed::Error> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(map_bytes).max_readers(READERS);
    // SAFETY: nothing else changes the file below the map: the folder is ours alone, by the lock on its lock file that
    // the store holds for longer than the environment, and by its mode. No flag that weakens locking or syncing is
    // set, and the folder is documented to be on a local file system.
    unsafe { options.open(folder) }
}
