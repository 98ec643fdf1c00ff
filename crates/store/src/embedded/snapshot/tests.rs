//! Copies while others write, and what makes them end early.

use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use foldmark_core::changes::Changes;
use foldmark_core::subject::{AppId, ChatGroupId, Revision, Subject, UserId};
use tempfile::TempDir;

use super::Census;
use crate::embedded::{EmbeddedStore, Options};
use crate::{Select, SnapshotError, Store};

const HEAD_BYTES: usize = 3_000;

fn user(id: &str) -> Subject<'_> {
    Subject::user(AppId::new(7).unwrap(), UserId::parse(id).unwrap())
}

async fn write(store: &EmbeddedStore, subject: Subject<'_>, head: usize) {
    let changes =
        Changes { revision: Revision::ZERO.next(), head: vec![7; head], rows: Vec::new(), due: false };
    store.commit(subject, Revision::ZERO, changes).await.unwrap();
}

/// A store with `count` users, one of them longer than a page, and a chat group of another application.
async fn filled(count: usize, options: Options) -> (EmbeddedStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    write(&store, user("long"), 20_000).await;
    let other = AppId::new(9).unwrap();
    write(&store, Subject::chat_group(other, ChatGroupId::parse("team").unwrap()), 10).await;
    for n in 1..count {
        write(&store, user(&format!("u{n:06}")), HEAD_BYTES).await;
    }
    (store, folder)
}

#[tokio::test]
async fn a_copy_is_a_database_of_its_own_and_is_counted() {
    let (store, _folder) = filled(300, Options::default()).await;
    let other = tempfile::tempdir().unwrap();
    let path = other.path().join("data.mdb");
    let facts = store.snapshot(&mut File::create(&path).unwrap()).unwrap();
    assert_eq!((facts.users, facts.chat_groups, facts.data_format), (300, 1, 1));
    assert_eq!(facts.applications.iter().copied().collect::<Vec<_>>(), [7, 9]);
    assert_eq!(facts.bytes, fs::metadata(&path).unwrap().len());
    assert!(store.snapshot_bytes().unwrap().unwrap() >= facts.bytes);
    write(&store, user("later"), 10).await;

    let copy = EmbeddedStore::open(other.path(), Options::default()).unwrap();
    assert_eq!(copy.view(user("u000299"), Select::Head).await.unwrap().revision().get(), 1);
    assert_eq!(copy.view(user("later"), Select::Head).await.unwrap().revision().get(), 0);

    // The count does not depend on how the bytes come, and finds what is missing.
    let bytes = fs::read(&path).unwrap();
    let counted = |parts: &mut dyn Iterator<Item = &[u8]>| {
        let mut census = Census::default();
        parts.for_each(|part| census.take(part));
        census.finish()
    };
    assert_eq!(counted(&mut bytes.chunks(333)), Ok(facts.clone()));
    assert_eq!(counted(&mut bytes.chunks(1 << 20)), Ok(facts));
    for end in [0, 100, 4096, 8192, bytes.len() - 4096, bytes.len() - 1] {
        assert!(counted(&mut bytes[..end].chunks(777)).is_err(), "{end}");
    }
}

/// A sink that says when it is written to and waits until it is told to go on.
struct Slow {
    said: Sender<()>,
    told: Receiver<()>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.said.send(());
        // An error is nobody who holds it up any more.
        let _ = self.told.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_makes_way_for_a_map_that_must_grow() {
    let options = Options { map_bytes: 4 << 20, map_bytes_max: 1 << 30, ..Options::default() };
    let (store, _folder) = filled(700, options).await;
    let ((said, saying), (telling, told)) = (channel(), channel());
    thread::scope(|scope| {
        let copying = scope.spawn(|| store.snapshot(&mut Slow { said, told }));
        saying.recv().unwrap();
        // Writing goes on beside the copy until the map is full.
        let writing = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for n in 0..1_500 {
                runtime.block_on(write(&store, user(&format!("v{n:06}")), HEAD_BYTES));
            }
        });
        while !store.shared.gate.is_wanted_alone() {
            thread::yield_now();
        }
        drop(telling);
        let ended = copying.join().unwrap();
        assert!(matches!(ended, Err(SnapshotError::Interrupted)), "{ended:?}");
        writing.join().unwrap();
    });
    let facts = store.snapshot(&mut io::sink()).unwrap();
    assert_eq!(facts.users, 2_200);
}

/// A sink that takes so many bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_copy_and_nothing_else() {
    let (store, _folder) = filled(1_500, Options::default()).await;
    for room in [0, 70_000, 3 << 20] {
        let ended = store.snapshot(&mut Full(room));
        assert!(matches!(ended, Err(SnapshotError::Sink(_))), "{ended:?}");
    }
    write(&store, user("later"), 10).await;
    assert_eq!(store.snapshot(&mut io::sink()).unwrap().users, 1_501);
}
