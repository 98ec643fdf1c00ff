//! What a power cut would leave, as far as it is certain, and what hangs in the balance.
//!
//! A write is certain when a sync of its file that began after the write had ended has ended itself, or when a write
//! that syncs by itself has ended. A name is certain when its folder was synced. Everything else is *pending*: each
//! part of it may or may not be found after a cut, in any combination.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::log::{Event, FileId, Log, Ticket};

/// The state of the disk at some moment of a log.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<FileId, File>,
    /// Folders that were opened, to know what a sync of one is about.
    folders: HashMap<FileId, PathBuf>,
    names: Names,
    pending_names: Vec<(u64, NameChange)>,
    name_changes: u64,
    syncs: HashMap<Ticket, Sync>,
}

/// The names of a disk.
pub(super) type Names = BTreeMap<PathBuf, Node>;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    File(FileId),
}

/// The contents of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// What is certain.
    pub(super) durable: Vec<u8>,
    /// What is not, in order.
    pub(super) pending: Vec<Write>,
}

/// A write that is not certain.
#[derive(Clone, Debug)]
pub(super) struct Write {
    ticket: Ticket,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    syncs: bool,
    ended: bool,
}

/// A change of names that is not certain.
#[derive(Clone, Debug)]
pub(super) enum NameChange {
    Made(PathBuf, Node),
    /// With what stood there: once certain, the new name is so whatever became of the old one.
    Renamed(PathBuf, PathBuf, Node),
    Removed(PathBuf),
}

/// What a sync that has begun makes certain.
enum Sync {
    File(FileId, BTreeSet<Ticket>),
    Folder(PathBuf, u64),
}

impl Disk {
    /// Whether this event, once applied, makes anything certain: the moment before it is the last one at which
    /// everything pending may still be lost.
    pub(super) fn settles(&self, event: &Event) -> bool {
        let Event::Ended(ticket) = event else { return false };
        self.syncs.contains_key(ticket)
            || self
                .files
                .values()
                .any(|file| file.pending.iter().any(|write| write.ticket == *ticket && write.syncs))
    }

    /// Goes on by one event.
    pub(super) fn apply(&mut self, event: &Event, log: &Log) -> Result<(), String> {
        match event {
            Event::Opened { file, path, made, folder } => {
                if *folder {
                    self.folders.insert(*file, path.clone());
                } else if *made {
                    // The number of a file or folder that is gone may come again.
                    self.folders.remove(file);
                    self.files.insert(*file, File::default());
                    self.change(NameChange::Made(path.clone(), Node::File(*file)));
                }
            }
            Event::FolderMade(path) => self.change(NameChange::Made(path.clone(), Node::Folder)),
            Event::Renamed(from, to) => match self.names(|_| true).get(from) {
                Some(Node::File(file)) => {
                    self.change(NameChange::Renamed(from.clone(), to.clone(), Node::File(*file)));
                }
                _ => return Err(format!("the store has renamed {}, which is no known file", from.display())),
            },
            Event::Removed(path) => self.change(NameChange::Removed(path.clone())),
            Event::Write { ticket, file, offset, bytes, syncs } => {
                self.files.entry(*file).or_default().pending.push(Write {
                    ticket: *ticket,
                    offset: *offset,
                    bytes: log.bytes(bytes).to_vec(),
                    syncs: *syncs,
                    ended: false,
                })
            }
            Event::Sync { ticket, file } => self.begin_sync(*ticket, *file),
            Event::Ended(ticket) => self.end(*ticket),
            Event::Noted(_) => {}
            Event::Unknown(what) => {
                return Err(format!("the store did something that is not modelled: {what}"));
            }
        }
        Ok(())
    }

    /// The names that are certain, with those pending changes that `keep` says, by their place.
    pub(super) fn names(&self, keep: impl Fn(usize) -> bool) -> Names {
        let mut names = self.names.clone();
        for (place, (_, change)) in self.pending_names.iter().enumerate() {
            if keep(place) {
                change.apply(&mut names);
            }
        }
        names
    }

    /// How many changes of names are pending.
    pub(super) fn pending_names(&self) -> usize {
        self.pending_names.len()
    }

    /// A file.
    pub(super) fn file(&self, file: FileId) -> Option<&File> {
        self.files.get(&file)
    }

    fn change(&mut self, change: NameChange) {
        self.name_changes += 1;
        self.pending_names.push((self.name_changes, change));
    }

    fn begin_sync(&mut self, ticket: Ticket, file: FileId) {
        let sync = match (self.folders.get(&file), self.files.get(&file)) {
            (Some(folder), _) => Sync::Folder(folder.clone(), self.name_changes),
            (None, Some(contents)) => {
                let ended = contents.pending.iter().filter(|write| write.ended);
                Sync::File(file, ended.map(|write| write.ticket).collect())
            }
            (None, None) => return,
        };
        self.syncs.insert(ticket, sync);
    }

    fn end(&mut self, ticket: Ticket) {
        match self.syncs.remove(&ticket) {
            Some(Sync::File(file, tickets)) => {
                if let Some(file) = self.files.get_mut(&file) {
                    file.settle(&tickets);
                }
            }
            Some(Sync::Folder(folder, last)) => self.settle_names(&folder, last),
            None => {
                for file in self.files.values_mut() {
                    let write = file.pending.iter_mut().find(|write| write.ticket == ticket);
                    let Some(write) = write else { continue };
                    write.ended = true;
                    if write.syncs {
                        file.settle(&BTreeSet::from([ticket]));
                    }
                    return;
                }
            }
        }
    }

    fn settle_names(&mut self, folder: &Path, last: u64) {
        let pending = std::mem::take(&mut self.pending_names);
        for (number, change) in pending {
            if number <= last && change.folder() == Some(folder) {
                change.apply(&mut self.names);
            } else {
                self.pending_names.push((number, change));
            }
        }
    }
}

impl File {
    /// The contents with these parts of pending writes, in this order, on top of what is certain.
    pub(super) fn with<'a>(&self, parts: impl Iterator<Item = (u64, &'a [u8])>) -> Vec<u8> {
        let mut contents = self.durable.clone();
        for (offset, bytes) in parts {
            overlay(&mut contents, offset, bytes);
        }
        contents
    }

    /// The contents if nothing is lost.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.with(self.pending.iter().map(|write| (write.offset, write.bytes.as_slice())))
    }

    fn settle(&mut self, tickets: &BTreeSet<Ticket>) {
        let durable = &mut self.durable;
        self.pending.retain(|write| {
            let settled = tickets.contains(&write.ticket);
            if settled {
                overlay(durable, write.offset, &write.bytes);
            }
            !settled
        });
    }
}

impl NameChange {
    /// The folder whose sync makes the change certain.
    fn folder(&self) -> Option<&Path> {
        match self {
            NameChange::Made(path, _) | NameChange::Renamed(_, path, _) | NameChange::Removed(path) => {
                path.parent()
            }
        }
    }

    /// Carries the change out.
    fn apply(&self, names: &mut Names) {
        match self {
            NameChange::Made(path, node) => {
                names.insert(path.clone(), *node);
            }
            NameChange::Renamed(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
            NameChange::Removed(path) => {
                names.remove(path);
            }
        }
    }
}

fn overlay(contents: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let start = offset as usize;
    let end = start + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[start..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::log_of;
    use super::*;

    const FILE: FileId = 1;
    const FOLDER: FileId = 2;

    fn opened(file: FileId, path: &str, folder: bool) -> Event {
        Event::Opened { file, path: path.into(), made: !folder, folder }
    }

    fn write(ticket: Ticket, offset: u64, syncs: bool) -> Event {
        let start = ticket as usize;
        Event::Write { ticket, file: FILE, offset, bytes: start..start + 1, syncs }
    }

    fn sync(ticket: Ticket, file: FileId) -> Event {
        Event::Sync { ticket, file }
    }

    fn after(events: &[Event]) -> Disk {
        let log = log_of(Vec::new(), (0..100).collect());
        let mut disk = Disk::default();
        for event in events {
            disk.apply(event, &log).unwrap();
        }
        disk
    }

    fn certain(events: &[Event]) -> Vec<u8> {
        after(events).file(FILE).unwrap().durable.clone()
    }

    #[test]
    fn a_sync_covers_what_had_ended_when_it_began() {
        let mut events = vec![
            opened(FILE, "/d/f", false),
            write(11, 0, false),
            Event::Ended(11),
            write(12, 1, false),
            sync(20, FILE),
            write(13, 2, false),
            Event::Ended(12),
            Event::Ended(13),
        ];
        assert!(certain(&events).is_empty());
        assert!(after(&events).settles(&Event::Ended(20)));
        events.push(Event::Ended(20));
        assert_eq!(certain(&events), [11]);
        events.extend([sync(21, FILE), Event::Ended(21)]);
        assert_eq!(certain(&events), [11, 12, 13]);
        assert!(!after(&events).settles(&Event::Ended(21)));
    }

    #[test]
    fn a_write_that_syncs_covers_itself_alone_and_only_at_its_end() {
        let mut events =
            vec![opened(FILE, "/d/f", false), write(11, 0, false), Event::Ended(11), write(12, 2, true)];
        assert!(certain(&events).is_empty());
        assert!(after(&events).settles(&Event::Ended(12)));
        assert!(!after(&events[..2]).settles(&Event::Ended(11)));
        events.push(Event::Ended(12));
        assert_eq!(certain(&events), [0, 0, 12]);
        assert_eq!(after(&events).file(FILE).unwrap().whole(), [11, 0, 12]);
    }

    #[test]
    fn names_are_certain_when_their_folder_is_synced() {
        let mut events = vec![
            Event::FolderMade("/d".into()),
            opened(FOLDER, "/d", true),
            opened(FILE, "/d/new", false),
            Event::Renamed("/d/new".into(), "/d/f".into()),
        ];
        let disk = after(&events);
        assert_eq!((disk.names(|_| false).len(), disk.pending_names()), (0, 3));
        let all = Names::from([("/d".into(), Node::Folder), ("/d/f".into(), Node::File(FILE))]);
        assert_eq!(disk.names(|_| true), all);
        let renamed = disk.names(|place| place == 2);
        assert_eq!(renamed.get(Path::new("/d/f")), Some(&Node::File(FILE)));
        assert_eq!(disk.names(|place| place == 1).get(Path::new("/d/f")), None);
        events.extend([sync(20, FOLDER), Event::Ended(20)]);
        let disk = after(&events);
        assert_eq!(disk.pending_names(), 1, "the folder's own name is its parent's");
        assert_eq!(disk.names(|_| false).len(), 1);
    }

    #[test]
    fn what_cannot_be_modelled_is_an_error() {
        let log = log_of(Vec::new(), Vec::new());
        let event = Event::Unknown("ftruncate".to_owned());
        assert!(Disk::default().apply(&event, &log).is_err());
    }
}
