//! The recorder's log: what a process did to its files and when, and when it acknowledged what. The format is
//! described where it is written, in `recorder.c`.

use std::ops::Range;
use std::path::PathBuf;

const HEADER_BYTES: usize = 32;

/// A log in memory.
pub(super) struct Log {
    bytes: Vec<u8>,
    /// What happened, in order.
    pub(super) events: Vec<Event>,
}

/// The inode of a file.
pub(super) type FileId = u32;
/// Names an operation.
pub(super) type Ticket = u64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A file or folder was opened, and perhaps made.
    Opened { file: FileId, path: PathBuf, made: bool, folder: bool },
    /// A folder was made.
    FolderMade(PathBuf),
    /// A file was renamed.
    Renamed(PathBuf, PathBuf),
    /// A file or folder was removed.
    Removed(PathBuf),
    /// A write began.
    Write {
        ticket: Ticket,
        file: FileId,
        offset: u64,
        bytes: Range<usize>,
        /// Whether the write is durable when it ends.
        syncs: bool,
    },
    /// A sync of a file or folder began.
    Sync { ticket: Ticket, file: FileId },
    /// An operation ended well.
    Ended(Ticket),
    /// The process noted something.
    Noted(Note),
    /// The process did something that no image can be made of.
    Unknown(String),
}

/// What the process says of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Acknowledged, or about to be tried.
    pub(super) acknowledged: bool,
    pub(super) subject: usize,
    pub(super) revision: u64,
}

impl Note {
    /// The note as it is written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.acknowledged)];
        bytes.extend_from_slice(&(self.subject as u64).to_le_bytes());
        bytes.extend_from_slice(&self.revision.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Note> {
        let (acknowledged, rest) = bytes.split_first()?;
        let (subject, revision) = rest.split_first_chunk()?;
        Some(Note {
            acknowledged: *acknowledged == 1,
            subject: usize::try_from(u64::from_le_bytes(*subject)).ok()?,
            revision: u64::from_le_bytes(revision.try_into().ok()?),
        })
    }
}

impl Log {
    /// Reads a whole log.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Log, String> {
        let mut events = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let (event, end) = parse_event(&bytes, at).ok_or(format!("the log is broken at byte {at}"))?;
            events.push(event);
            at = end;
        }
        Ok(Log { bytes, events })
    }

    /// The bytes of a write.
    pub(super) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }
}

fn parse_event(bytes: &[u8], at: usize) -> Option<(Event, usize)> {
    let header = bytes.get(at..at + HEADER_BYTES)?;
    let number = |at: usize| {
        let word = header[at..at + 8].try_into().ok()?;
        Some(u64::from_ne_bytes(word))
    };
    let (kind, flag) = (header[0], header[1]);
    let file = FileId::from_ne_bytes(header[4..8].try_into().ok()?);
    let (ticket, offset, length) = (number(8)?, number(16)?, number(24)?);
    let payload = at + HEADER_BYTES..(at + HEADER_BYTES).checked_add(usize::try_from(length).ok()?)?;
    let text = str::from_utf8(bytes.get(payload.clone())?);
    let event = match kind {
        b'o' => Event::Opened { file, path: text.ok()?.into(), made: flag & 1 != 0, folder: flag & 2 != 0 },
        b'm' => Event::FolderMade(text.ok()?.into()),
        b'r' => {
            let (from, to) = text.ok()?.split_once('\0')?;
            Event::Renamed(from.into(), to.into())
        }
        b'u' => Event::Removed(text.ok()?.into()),
        b'w' => Event::Write { ticket, file, offset, bytes: payload.clone(), syncs: flag == 1 },
        b's' => Event::Sync { ticket, file },
        b'e' => Event::Ended(ticket),
        b'n' => Event::Noted(Note::parse(&bytes[payload.clone()])?),
        b'x' => Event::Unknown(text.ok()?.to_owned()),
        _ => return None,
    };
    Some((event, payload.end))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A log with these events.
    pub(in super::super) fn log_of(events: Vec<Event>, bytes: Vec<u8>) -> Log {
        Log { bytes, events }
    }

    fn record(kind: u8, flag: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, flag, 0, 0];
        bytes.extend_from_slice(&7_u32.to_ne_bytes());
        for number in [3, 4096, payload.len() as u64] {
            bytes.extend_from_slice(&number.to_ne_bytes());
        }
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn records_are_read_in_order() {
        let note = Note { acknowledged: true, subject: 5, revision: 6 };
        let bytes = [
            record(b'o', 1, b"/a"),
            record(b'w', 1, b"data"),
            record(b'e', 0, b""),
            record(b'r', 0, b"/a\0/b"),
            record(b'n', 0, &note.bytes()),
        ]
        .concat();
        let log = Log::parse(bytes).unwrap();
        assert_eq!(log.events.len(), 5);
        let Event::Write { ticket: 3, file: 7, offset: 4096, bytes, syncs: true } = &log.events[1] else {
            panic!("{:?}", log.events[1]);
        };
        assert_eq!(log.bytes(bytes), b"data");
        assert_eq!(log.events[2], Event::Ended(3));
        assert_eq!(log.events[3], Event::Renamed("/a".into(), "/b".into()));
        assert_eq!(log.events[4], Event::Noted(note));
    }

    #[test]
    fn a_log_that_is_cut_short_is_refused() {
        let mut bytes = record(b'w', 0, b"data");
        bytes.pop();
        assert!(Log::parse(bytes).is_err());
        assert!(Log::parse(record(b'?', 0, b"")).is_err());
    }
}
