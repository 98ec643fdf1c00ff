//! The files of an audit log: the present one, and those before it, numbered in the order in which they were filled.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::AuditSettings;

/// Appends lines, and begins a new file when one is full.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    max_bytes: u64,
    keep: usize,
    sync: bool,
    /// `None`: it failed, and has to be opened anew.
    file: Option<File>,
    /// How much of the file is whole lines; `None`: that has to be found out.
    good: Option<u64>,
}

impl Files {
    /// Opens the present file, which is made, readable by its owner only, if it is not there.
    pub(super) fn open(settings: &AuditSettings) -> io::Result<Files> {
        let mut files = Files {
            path: settings.path.clone(),
            max_bytes: settings.max_bytes,
            keep: settings.keep,
            sync: settings.sync,
            file: None,
            good: None,
        };
        files.reopen()?;
        Ok(files)
    }

    /// Appends lines, all or, after a failure, none: what is half written is cut off when it is tried again.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let appended = self.try_append(lines);
        if appended.is_err()
            && let (Some(file), Some(good)) = (self.file.take(), self.good)
        {
            // It may fail, too, and is done again when the file is opened.
            let _ = file.set_len(good);
        }
        appended
    }

    fn try_append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut good = self.reopen()?;
        if good > 0 && good + lines.len() as u64 > self.max_bytes {
            self.rotate()?;
            good = self.reopen()?;
        }
        let Some(file) = &mut self.file else { return Err(io::Error::other("the file is not open")) };
        file.write_all(lines)?;
        if self.sync {
            file.sync_data()?;
        }
        self.good = Some(good + lines.len() as u64);
        Ok(())
    }

    /// Makes sure that the file is open and ends with a whole line. Returns its length.
    fn reopen(&mut self) -> io::Result<u64> {
        if let (Some(_), Some(good)) = (&self.file, self.good) {
            return Ok(good);
        }
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        let data = file.metadata()?;
        match file.try_lock() {
            Ok(()) => {}
            // A device or a pipe is nobody's own.
            _ if !data.is_file() => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another server writes it; give each one a file of its own"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let length = data.len();
        let good = match self.good {
            Some(good) => good.min(length),
            None => whole_lines(&mut file, length)?,
        };
        if good < length {
            file.set_len(good)?;
        }
        if self.sync {
            sync_folder(&self.path)?;
        }
        (self.file, self.good) = (Some(file), Some(good));
        Ok(good)
    }

    /// Gives the present file the next number, and removes those that are too many.
    fn rotate(&mut self) -> io::Result<()> {
        let mut numbered = numbered(&self.path)?;
        let next = numbered.last().map_or(1, |(number, _)| number + 1);
        let place = with_number(&self.path, next);
        fs::rename(&self.path, &place)?;
        (self.file, self.good) = (None, None);
        numbered.push((next, place));
        let surplus = numbered.len().saturating_sub(self.keep);
        for (_, old) in numbered.drain(..surplus) {
            fs::remove_file(old)?;
        }
        Ok(())
    }
}

/// The numbered files of the log at `path`, in the order in which they were filled.
pub(super) fn numbered(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut start = path.file_name().unwrap_or_default().to_owned();
    start.push(".");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder(path))? {
        let name = entry?.file_name();
        let number = name.as_encoded_bytes().strip_prefix(start.as_encoded_bytes());
        let number = number.and_then(|number| str::from_utf8(number).ok());
        let is_number = |number: &&str| number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(number) = number.filter(is_number).and_then(|number| number.parse().ok()) {
            found.push((number, folder(path).join(name)));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn with_number(path: &Path, number: u64) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{number:06}"));
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names of the files durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// How much of the file is whole lines.
fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut piece = vec![0; 64 * 1024];
    while end > 0 {
        let start = end.saturating_sub(piece.len() as u64);
        let piece = &mut piece[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(place) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::OnAuditError;

    fn settings(path: &Path, max_bytes: u64, keep: usize) -> AuditSettings {
        AuditSettings { path: path.to_owned(), max_bytes, keep, sync: true, on_error: OnAuditError::Log }
    }

    #[test]
    fn files_are_private_numbered_and_few() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        fs::write(folder.path().join("audit.log.old"), "mine").unwrap();
        let mut files = Files::open(&settings(&path, 8, 2)).unwrap();
        for line in ["aaaa\n", "bb\n", "cccc\n", "a line that is longer than a file\n", "dddd\n", "eeee\n"] {
            files.append(line.as_bytes()).unwrap();
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("audit.log"), "eeee\n");
        assert_eq!(read("audit.log.000004"), "dddd\n");
        assert_eq!(read("audit.log.000003"), "a line that is longer than a file\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "others' files are left alone");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(files);
        let mut files = Files::open(&settings(&path, 8, 2)).unwrap();
        files.append(b"ffff\n").unwrap();
        assert_eq!((read("audit.log").as_str(), read("audit.log.000005").as_str()), ("ffff\n", "eeee\n"));
    }

    #[test]
    fn half_a_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        for (left, kept) in [("whole\nhalf", "whole\n"), ("half", ""), ("", "")] {
            fs::write(&path, left).unwrap();
            Files::open(&settings(&path, 1_000, 1)).unwrap().append(b"new\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{kept}new\n"));
        }
    }

    #[test]
    fn two_servers_do_not_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder.path().join("audit.log"), 1_000, 1);
        let _files = Files::open(&settings).unwrap();
        let error = Files::open(&settings).unwrap_err();
        assert!(error.to_string().contains("another server"), "{error}");
    }
}
