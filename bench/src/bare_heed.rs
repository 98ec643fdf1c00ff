//! The bare loop over the embedded store's engine: what its marks could cost at the least.
//!
//! One thread makes transaction after transaction on a copy of the same data. Each takes as many random users as the
//! server's transactions take, reads the head of each, and puts a head and a record of the same sizes in the same
//! places. There is no HTTP, no rule, no checksum and no queue. Durability is the same: heed's default.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use heed::types::Bytes;
use heed::{CommitOrAbort, Database, Env, EnvOpenOptions, WithoutTls};

use crate::compare::Failure;
use crate::figures::Figures;
use crate::fill::APP;
use crate::people::People;
use crate::random::Random;

/// Address space of the map, as the server's.
const MAP_BYTES: usize = 64 << 30;
/// Bytes of the revision before each head.
const REVISION_BYTES: usize = 8;

/// An open copy of the data.
pub(crate) struct BareHeed {
    env: Env<WithoutTls>,
    table: Database<'static, Bytes, Bytes>,
    people: People,
    random: Random,
}

impl BareHeed {
    /// Copies the data, which no server may have open, and opens the copy.
    #[expect(unsafe_code, reason = "a memory map is only as safe as its file")]
    pub(crate) fn open(data: &Path, copy: &Path, people: &People) -> Result<BareHeed, Failure> {
        fs::create_dir(copy)?;
        let file = copy.join("data.mdb");
        fs::copy(data.join("data.mdb"), &file)?;
        // Or the first transactions would wait for the copy to reach the disk.
        fs::File::open(&file)?.sync_all()?;
        // SAFETY: the copy was made here, in a folder of this run, and nothing else has it open.
        let env = unsafe { EnvOpenOptions::new().read_txn_without_tls().map_size(MAP_BYTES).open(copy) }?;
        let txn = env.read_txn()?;
        let opened: CommitOrAbort<Database<'static, Bytes, Bytes>, ()> =
            env.open_databases_and_commit(txn, |opener, txn| {
                let table = opener.open_database::<Bytes, Bytes>(txn, None)?;
                Ok::<_, heed::Error>(table.map_or(CommitOrAbort::Abort(()), CommitOrAbort::Commit))
            })?;
        let CommitOrAbort::Commit(table) = opened else { return Err("the copy has no table".into()) };
        Ok(BareHeed { env, table, people: people.clone(), random: Random::new(1) })
    }

    /// Makes transactions of so many marks each for this long.
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    pub(crate) fn run(&mut self, batch: u64, length: Duration) -> Result<Figures, Failure> {
        let begun = Instant::now();
        let mut operations = 0;
        let mut head = Vec::new();
        while begun.elapsed() < length {
            let mut txn = self.env.write_txn()?;
            for _ in 0..batch {
                let user = self.random.below(self.people.count);
                let number = self.random.below(self.people.markable.len() as u64) as usize;
                let peer = self.people.peer(user, self.people.markable[number]);
                let mut key = [&APP.to_be_bytes()[..], &self.people.id(user), b"\0\0"].concat();
                head.clear();
                head.extend_from_slice(self.table.get(&txn, &key)?.ok_or("a user is missing")?);
                // The next revision, so that the bytes are not those that are there.
                head[REVISION_BYTES - 1] = head[REVISION_BYTES - 1].wrapping_add(1);
                self.table.put(&mut txn, &key, &head)?;
                key.pop();
                key.push(1);
                key.extend_from_slice(&peer);
                let mut record = self.table.get(&txn, &key)?.ok_or("a record is missing")?.to_vec();
                let end = record.len() - 1;
                record[end] = record[end].wrapping_add(1);
                self.table.put(&mut txn, &key, &record)?;
            }
            txn.commit()?;
            operations += batch;
        }
        Ok(Figures::new(operations, begun.elapsed(), Vec::new()))
    }
}
