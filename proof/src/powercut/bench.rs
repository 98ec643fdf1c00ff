//! Where images of disks are built and opened with the real store.
//!
//! Images of one moment differ in a few pages, so that a bench keeps the certain contents in a file, lays an image's
//! differences over it, and takes them away again.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use foldmark_core::changes::Changes;
use foldmark_core::subject::{AppId, Revision, Subject, UserId};
use foldmark_store::Store;
use foldmark_store::embedded::EmbeddedStore;
use tokio::runtime::Runtime;

use super::child::store_options;
use super::disk::{Disk, File, Names, Node};
use super::history::History;
use super::variant::{Pending, SECTOR, Variant};

/// Every so many images the opened store must take a commit too.
const COMMIT_EVERY: u64 = 64;

/// What must hold of an image.
pub(super) struct Expected<'a> {
    pub(super) history: &'a History,
    /// The revisions that were acknowledged, by subject.
    pub(super) least: &'a [u64],
    /// The revisions that were tried.
    pub(super) most: &'a [u64],
}

/// A place to build images.
pub(super) struct Bench {
    folder: PathBuf,
    runtime: Runtime,
    /// The images of this moment that were opened.
    seen: HashSet<u64>,
    /// Whether the file holds the certain contents of this moment.
    laid: bool,
    /// How many images were opened.
    pub(super) opened: u64,
    /// How many were the same as one opened before.
    pub(super) same: u64,
}

impl Bench {
    /// A bench in a folder of its own.
    pub(super) fn new(folder: PathBuf) -> Result<Bench, String> {
        fs::create_dir_all(&folder).map_err(text)?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(text)?;
        Ok(Bench { folder, runtime, seen: HashSet::new(), laid: false, opened: 0, same: 0 })
    }

    /// Turns to another moment.
    pub(super) fn next_moment(&mut self) {
        self.seen.clear();
        self.laid = false;
    }

    /// Opens the image in which the data file has these contents and all names are there.
    pub(super) fn open_variant(
        &mut self,
        pending: &Pending<'_>,
        file: &File,
        variant: Variant,
        seed: u64,
        expected: &Expected<'_>,
    ) -> Result<(), String> {
        let kept = pending.kept(variant, seed);
        let len = pending.len(variant, &kept);
        let sectors = changed_sectors(&file.durable, &kept);
        let mut hasher = DefaultHasher::new();
        (len, &sectors).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            self.same += 1;
            return Ok(());
        }
        let data = self.folder.join("file");
        let path = data.join("data.mdb");
        if !self.laid {
            fs::create_dir_all(&data).map_err(text)?;
            fs::write(&path, &file.durable).map_err(text)?;
            self.laid = true;
        }
        let disk = OpenOptions::new().write(true).open(&path).map_err(text)?;
        disk.set_len(len).map_err(text)?;
        for (sector, bytes) in &sectors {
            disk.write_all_at(bytes, sector * SECTOR).map_err(text)?;
        }
        let commit = self.opened.is_multiple_of(COMMIT_EVERY);
        self.open(&data, expected, commit)?;
        if commit {
            self.laid = false;
            return Ok(());
        }
        for sector in sectors.keys() {
            let start = (sector * SECTOR) as usize;
            let end = (start + SECTOR as usize).min(file.durable.len());
            if start < end {
                disk.write_all_at(&file.durable[start..end], sector * SECTOR).map_err(text)?;
            }
        }
        disk.set_len(file.durable.len() as u64).map_err(text)
    }

    /// Opens the image with these names. Files hold what is certain, or everything that was written.
    pub(super) fn open_names(
        &mut self,
        disk: &Disk,
        names: &Names,
        root: &Path,
        whole: bool,
        expected: &Expected<'_>,
    ) -> Result<(), String> {
        let image = self.folder.join("names");
        let _ = fs::remove_dir_all(&image);
        fs::create_dir_all(&image).map_err(text)?;
        for (path, node) in names {
            let path = image.join(path.strip_prefix(root).map_err(text)?);
            // A name below a folder whose own name is lost is lost, too.
            if !path.parent().is_some_and(Path::is_dir) {
                continue;
            }
            match node {
                Node::Folder => fs::create_dir(&path).map_err(text)?,
                Node::File(file) => {
                    let file = disk.file(*file).ok_or("a name of no file")?;
                    let contents = if whole { file.whole() } else { file.durable.clone() };
                    fs::write(&path, contents).map_err(text)?;
                }
            }
        }
        self.open(&image.join("data"), expected, true)
    }

    fn open(&mut self, data: &Path, expected: &Expected<'_>, commit: bool) -> Result<(), String> {
        self.opened += 1;
        let store = EmbeddedStore::open(data, store_options())
            .map_err(|error| format!("the store does not open: {}", error.to_string().replace('\n', " ")))?;
        let check = expected.history.check(&store, expected.least, expected.most);
        self.runtime.block_on(check)?;
        match commit {
            true => self.runtime.block_on(goes_on(&store)),
            false => Ok(()),
        }
    }
}

/// Checks that a store that was opened after a cut takes commits.
async fn goes_on(store: &EmbeddedStore) -> Result<(), String> {
    let app = AppId::new(2).ok_or("no application")?;
    let subject = Subject::user(app, UserId::parse("after").map_err(text)?);
    let changes =
        Changes { revision: Revision::new(1), head: b"the cut".to_vec(), rows: Vec::new(), due: false };
    let committed = store.commit(subject, Revision::ZERO, changes).await;
    committed.map_err(|error| format!("the store opens and takes no commit: {error}"))
}

/// What these parts make of the sectors of a file, of those that they change.
fn changed_sectors(durable: &[u8], parts: &[(u64, &[u8])]) -> BTreeMap<u64, Vec<u8>> {
    let certain = |sector: u64| {
        let start = ((sector * SECTOR) as usize).min(durable.len());
        let end = (start + SECTOR as usize).min(durable.len());
        let mut bytes = durable[start..end].to_vec();
        bytes.resize(SECTOR as usize, 0);
        bytes
    };
    let mut sectors = BTreeMap::new();
    for (offset, bytes) in parts {
        let (mut at, mut rest) = (*offset, *bytes);
        while !rest.is_empty() {
            let inside = (at % SECTOR) as usize;
            let len = (SECTOR as usize - inside).min(rest.len());
            let sector = sectors.entry(at / SECTOR).or_insert_with(|| certain(at / SECTOR));
            sector[inside..inside + len].copy_from_slice(&rest[..len]);
            at += len as u64;
            rest = &rest[len..];
        }
    }
    sectors.retain(|sector, bytes| *bytes != certain(*sector));
    sectors
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_written() {
        let durable = vec![1; 1024];
        let (same, other, late) = (vec![1; 100], vec![2; 100], vec![3; 10]);
        let sectors = changed_sectors(&durable, &[(0, &same), (500, &other), (1024, &late)]);
        assert_eq!(sectors.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((sectors[&0][499], sectors[&0][500]), (1, 2));
        assert_eq!((sectors[&2][9], sectors[&2][10]), (3, 0));
        assert!(changed_sectors(&durable, &[(0, &same)]).is_empty());
    }
}
