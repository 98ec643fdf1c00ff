//! Reading an audit log, all of its files in their order, also while a server writes it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::files::numbered;

/// How often the files are listed again when they are renamed meanwhile.
const TRIES: u32 = 100;

/// The log cannot be read.
#[derive(Debug, Error)]
#[error("{}: {error}", path.display())]
pub struct ReadError {
    path: PathBuf,
    error: io::Error,
}

/// What was read beside the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Files.
    pub files: usize,
    /// Whether the last line is half there: it is being written, or was when the server died.
    pub torn: bool,
}

/// Hands every whole line of the log at `path`, without its end, to `take`, the oldest first, until it gives `false`.
pub fn read(path: &Path, mut take: impl FnMut(&[u8]) -> bool) -> Result<Reading, ReadError> {
    let failed = |path: &Path, error| ReadError { path: path.to_owned(), error };
    let files = open(path).map_err(|error| failed(path, error))?;
    let mut reading = Reading { files: files.len(), torn: false };
    let mut line = Vec::new();
    for (path, file) in files {
        let mut file = BufReader::new(file);
        loop {
            line.clear();
            if file.read_until(b'\n', &mut line).map_err(|error| failed(&path, error))? == 0 {
                break;
            }
            reading.torn = line.pop_if(|byte| *byte == b'\n').is_none();
            if !reading.torn && !take(&line) {
                return Ok(reading);
            }
        }
    }
    Ok(reading)
}

/// Opens all files, in their order. The present one is opened first: if it has a number by the time that the numbered
/// ones are open, a newer one has taken its place, and all is looked at again.
fn open(path: &Path) -> io::Result<Vec<(PathBuf, File)>> {
    for _ in 0..TRIES {
        let present = match File::open(path) {
            Ok(file) => Some(file),
            // Between two files.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let identity = |file: &File| file.metadata().map(|data| (data.dev(), data.ino()));
        let present_identity = present.as_ref().map(identity).transpose()?;
        let mut files = Vec::new();
        let mut moved = present.is_none();
        for (_, path) in numbered(path)? {
            match File::open(&path) {
                Ok(file) => {
                    moved |= Some(identity(&file)?) == present_identity;
                    files.push((path, file));
                }
                // Removed, as the oldest one.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        match present {
            Some(file) if !moved => {
                files.push((path.to_owned(), file));
                return Ok(files);
            }
            None if files.is_empty() => return Err(io::Error::from(ErrorKind::NotFound)),
            // A server that died between two files has left none.
            None if !path.exists() => return Ok(files),
            _ => {}
        }
    }
    Err(io::Error::other("its files are renamed faster than they can be opened"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn lines(path: &Path) -> (Vec<String>, Reading) {
        let mut lines = Vec::new();
        let reading = read(path, |line| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
            true
        });
        (lines, reading.unwrap())
    }

    #[test]
    fn all_files_are_read_in_order_and_half_a_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        assert!(read(&path, |_| true).unwrap_err().to_string().contains("audit.log"));
        fs::write(folder.path().join("audit.log.000010"), "c\n").unwrap();
        fs::write(folder.path().join("audit.log.000009"), "a\nb\n").unwrap();
        fs::write(folder.path().join("audit.log.1"), "no\n").unwrap();
        assert_eq!(lines(&path).0, ["a", "b", "c"]);
        fs::write(&path, "d\nhal").unwrap();
        assert_eq!(
            lines(&path),
            (vec!["a".into(), "b".into(), "c".into(), "d".into()], Reading { files: 3, torn: true })
        );
        let mut taken = 0;
        read(&path, |_| {
            taken += 1;
            taken < 2
        })
        .unwrap();
        assert_eq!(taken, 2);
    }
}
