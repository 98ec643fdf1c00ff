//! What a scan finds in folders that are sound, that are being written to, and that hold what they should not.

use std::fs;
use std::os::unix::fs::FileExt;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::subject::Revision;
use tempfile::TempDir;

use super::*;
use crate::Store;
use crate::embedded::{EmbeddedStore, Options};

#[tokio::test]
async fn a_sound_folder_is_walked_whole() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(subjects_of(&folder, 300).await, 300);
    let scan = Scan::open(folder.path()).unwrap();
    assert_eq!(scan.pages().unwrap(), [""; 0]);
    let (met, progress) = walk(&folder);
    assert_eq!(met.len(), 301);
    // The chat group, and the format row.
    let entries = 300 + 300 * 99 + 2;
    assert_eq!(progress, Progress::Done { entries, is_one_snapshot: true });
    let rows: usize = met.iter().map(|met| subject(met).stored.rows().len()).sum();
    assert_eq!(rows, 300 * 99);
    assert_eq!(subject(&met[0]).subject(), user("u000"));
    assert_eq!(subject(&met[300]).subject(), Subject::chat_group(app(), ChatGroupId::parse("g").unwrap()));
}

#[tokio::test]
async fn lists_of_free_pages_that_take_pages_of_their_own_are_read() {
    let folder = tempfile::tempdir().unwrap();
    subjects_of(&folder, 300).await;
    let store = open(&folder);
    for n in 0..290 {
        let rows = (0..99).map(|row| row_of(row, None)).collect();
        commit(&store, user(&format!("u{n:03}")), 1, vec![7; 3000], rows).await;
    }
    drop(store);
    assert_eq!(Scan::open(folder.path()).unwrap().pages().unwrap(), [""; 0]);
    assert_eq!(walk(&folder).0.len(), 301);
}

#[tokio::test]
async fn a_walk_goes_on_while_the_folder_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    subjects_of(&folder, 300).await;
    let mut scan = Scan::open(folder.path()).unwrap();
    let mut met = Vec::new();
    assert_eq!(scan.next(|one| met.push(one)).unwrap(), Progress::More);
    let store = open(&folder);
    commit(&store, user("u299"), 1, b"new".to_vec(), Vec::new()).await;
    drop(store);
    let progress = scan.next(|one| met.push(one)).unwrap();
    assert_eq!(progress, Progress::Done { entries: 300 * 100 + 2, is_one_snapshot: false });
    assert_eq!(met.len(), 301);
    assert_eq!(subject(&met[299]).stored.head(), Some(&b"new"[..]));
}

#[tokio::test]
async fn what_does_not_belong_here_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    commit(&store, user("ann"), 0, b"head".to_vec(), vec![row_of(1, Some(b"v".to_vec()))]).await;
    let wrong: [(&[u8], &[u8]); 10] = [
        (b"\0\0\0\x01ann\0\0x", b"a head with a key"),
        (b"\0\0\0\x01bob\0\x01x", b"a row without a head"),
        (b"\0\0\0\x01bob\0\x01y", b"another of them"),
        (b"\0\0\0\x01carl\0\0", b"short"),
        (b"\0\0\0\x01dora", b"no end of the id"),
        (b"\0\0\0\x01e\x01\0\0", b"control character"),
        (b"\0\0\0\x01\xff", b"no id"),
        (b"\0\0\0", b"no application"),
        (b"\0\0\0\0other", b"no row of the store"),
        (key::FORMAT, b"foldmark\0\0\0\x09"),
    ];
    put_raw(&store, &wrong);
    drop(store);
    assert_eq!(Scan::open(folder.path()).unwrap().pages().unwrap(), [""; 0]);
    let (met, _) = walk(&folder);
    let problems: Vec<&str> = met.iter().filter_map(problem).collect();
    let expected = [
        r#""\x00\x00\x00" is no key of this store"#,
        "the format has version 9, which is not known",
        r#""\x00\x00\x00\x00other" is no row of this store"#,
        r#""\x00\x00\x00\x01ann\x00\x00x" is no key of this store"#,
        r#""\x00\x00\x00\x01bob\x00\x01x" is a row of a user without a head"#,
        r#""\x00\x00\x00\x01carl\x00\x00" is a head that is too short"#,
        r#""\x00\x00\x00\x01dora" is no key of this store"#,
        r#""\x00\x00\x00\x01e\x01\x00\x00" is no key of this store"#,
        r#""\x00\x00\x00\x01\xff" is no key of this store"#,
    ];
    assert_eq!(problems, expected);
    assert_eq!(met.len(), expected.len() + 1, "the sound user is met");
}

#[tokio::test]
async fn due_rows_are_compared_with_their_users() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    for id in ["u", "v"] {
        let changes = Changes { revision: Revision::new(1), head: vec![7], rows: Vec::new(), due: true };
        store.commit(user(id), Revision::ZERO, changes).await.unwrap();
    }
    let later = due::encode(user("u"), &due::Due::of(Revision::new(2)));
    let entries: [(&[u8], &[u8]); 2] = [(b"\0\0\0\x01\xfeu", &later), (b"\0\0\0\x01\xfew", &later)];
    put_raw(&store, &entries);
    drop(store);
    let (met, progress) = walk(&folder);
    let problems: Vec<&str> = met.iter().filter_map(problem).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0], "revision 2 of user \"u\" of application 1 is due, which was never made");
    assert!(problems[1].contains("checksum"), "{problems:?}");
    assert_eq!(progress, Progress::Done { entries: 6, is_one_snapshot: true });
}

#[tokio::test]
async fn a_lost_last_transaction_is_found() {
    // With three transactions the newer meta page seems to be the one before the older one; with five, a future one.
    for (subjects, bit) in [(1, 1), (3, 1), (1, 0), (1, 40)] {
        let folder = tempfile::tempdir().unwrap();
        subjects_of(&folder, subjects).await;
        let file = fs::OpenOptions::new().read(true).write(true).open(folder.path().join(DATA_FILE)).unwrap();
        let transaction_at = 4096 + 144;
        let mut transaction = [0; 8];
        file.read_exact_at(&mut transaction, transaction_at).unwrap();
        assert_eq!(u64::from_ne_bytes(transaction), subjects as u64 + 2, "the newest state is on page 1");
        let flipped = u64::from_ne_bytes(transaction) ^ 1 << bit;
        file.write_all_at(&flipped.to_ne_bytes(), transaction_at).unwrap();
        let problems = Scan::open(folder.path()).unwrap().pages().unwrap();
        assert!(!problems.is_empty(), "{subjects} {bit}");
    }
}

#[test]
fn a_folder_without_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Scan::open(folder.path()).err().unwrap();
    assert!(error.to_string().contains("data.mdb"), "{error}");
    fs::write(folder.path().join(DATA_FILE), [b'x'; 10_000]).unwrap();
    assert!(matches!(Scan::open(folder.path()).err().unwrap(), StoreError::Corrupt(_)));
}

/// Writes so many users with 99 rows each, and a chat group.
async fn subjects_of(folder: &TempDir, count: usize) -> usize {
    let store = open(folder);
    for n in 0..count {
        let rows = (0..99).map(|row| row_of(row, Some(vec![row as u8; 20]))).collect();
        commit(&store, user(&format!("u{n:03}")), 0, vec![n as u8; 50], rows).await;
    }
    let chat_group = Subject::chat_group(app(), ChatGroupId::parse("g").unwrap());
    commit(&store, chat_group, 0, b"head".to_vec(), Vec::new()).await;
    count
}

fn open(folder: &TempDir) -> EmbeddedStore {
    EmbeddedStore::open(folder.path(), Options::default()).unwrap()
}

async fn commit(store: &EmbeddedStore, subject: Subject<'_>, base: u64, head: Vec<u8>, rows: Vec<RowChange>) {
    let base = Revision::new(base);
    store.commit(subject, base, Changes { revision: base.next(), head, rows, due: false }).await.unwrap();
}

fn row_of(number: usize, value: Option<Vec<u8>>) -> RowChange {
    RowChange { kind: Kind(1), key: format!("peer{number:03}").into_bytes().into(), value }
}

fn put_raw(store: &EmbeddedStore, entries: &[(&[u8], &[u8])]) {
    let entered = store.shared.gate.enter().unwrap();
    let mut txn = entered.write().unwrap();
    for (key, value) in entries {
        entered.table().put(&mut txn, key, value).unwrap();
    }
    txn.commit().unwrap();
}

fn walk(folder: &TempDir) -> (Vec<Met>, Progress) {
    let mut scan = Scan::open(folder.path()).unwrap();
    let mut met = Vec::new();
    loop {
        let progress = scan.next(|one| met.push(one)).unwrap();
        if progress != Progress::More {
            return (met, progress);
        }
    }
}

fn subject(met: &Met) -> &ScannedSubject {
    match met {
        Met::Subject(subject) => subject,
        Met::Problem(problem) => panic!("{problem}"),
    }
}

fn problem(met: &Met) -> Option<&str> {
    match met {
        Met::Subject(_) => None,
        Met::Problem(problem) => Some(problem),
    }
}

fn user(id: &str) -> Subject<'_> {
    Subject::user(app(), UserId::parse(id).unwrap())
}

fn app() -> AppId {
    AppId::new(1).unwrap()
}
