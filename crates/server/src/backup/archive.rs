//! The container of backups: an ordinary tar file, so that any system can take it apart, read with more distrust.
//!
//! Its members are plain files: the configuration, the data, then `manifest.json`, which has the length and the SHA-256
//! of each member before it, and `manifest.json.sha256`, which `sha256sum -c` understands. The manifest comes last, so
//! that a backup is written in one go and one that was cut off has none. A header can only say a member's name, its
//! length and a time; reading makes it again of these and compares, so that every byte of a backup either is what was
//! written or is found to be another.

mod header;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use thiserror::Error;

use self::header::{BLOCK, Header, NAME_BYTES_MAX, padding};
use super::manifest::{FORMAT, FileFacts, Manifest};

/// The last members.
const MANIFEST: &str = "manifest.json";
const MANIFEST_SUM: &str = "manifest.json.sha256";
/// Members that a backup can have beside these; a few are known, and later versions may know more.
const MEMBERS_MAX: usize = 64;
/// Bytes of a manifest, many times more than any real one has.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
const COPY_BYTES: usize = 256 << 10;

/// Why a backup cannot be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is not as it was written. The text says where.
    #[error("{0}")]
    Wrong(String),
    /// Whoever takes the members cannot go on.
    #[error("{0}")]
    Refused(String),
}

/// A member that is read.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
}

/// Reads a whole backup and checks every byte of it. `take` is given each member before the manifest with its content,
/// of which it reads as much as it wants; nothing of that is to be believed before the manifest is given back.
pub fn read(
    input: &mut dyn Read,
    take: &mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), String>,
) -> Result<Manifest, ArchiveError> {
    let mut files = Vec::new();
    loop {
        let member = next(input)?.ok_or_else(|| wrong("it ends before its manifest"))?;
        if member.name == MANIFEST {
            let manifest = read_manifest(input, &member)?;
            compare(&manifest.files, &files)?;
            return Ok(manifest);
        }
        if files.len() == MEMBERS_MAX || files.iter().any(|known: &FileFacts| known.name == member.name) {
            return Err(wrong("it holds a file twice, or too many"));
        }
        let mut content =
            Content { name: &member.name, input: &mut *input, left: member.bytes, hash: Sha256::new() };
        take(&member, &mut content).map_err(ArchiveError::Refused)?;
        let sha256 = content.finish()?;
        skip_padding(input, &member)?;
        files.push(FileFacts { name: member.name, bytes: member.bytes, sha256 });
    }
}

fn compare(promised: &[FileFacts], found: &[FileFacts]) -> Result<(), ArchiveError> {
    for (promised, found) in promised.iter().zip(found) {
        if promised != found && promised.name == found.name {
            return Err(wrong(&format!("{} is damaged: it does not have the promised checksum", found.name)));
        }
    }
    match promised == found {
        true => Ok(()),
        false => Err(wrong("its manifest names other files than it holds")),
    }
}

/// Writes a backup.
pub struct Writer<W> {
    out: W,
    /// Unix seconds, for the headers.
    time: u64,
    files: Vec<FileFacts>,
}

impl<W: Write> Writer<W> {
    /// Begins a backup.
    pub fn new(out: W, time: u64) -> Writer<W> {
        Writer { out, time, files: Vec::new() }
    }

    /// Adds a member of `bytes` bytes that `content` has to have.
    pub fn add(&mut self, name: &str, bytes: u64, content: &mut dyn Read) -> io::Result<()> {
        self.header(name, bytes)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; COPY_BYTES];
        let mut left = bytes;
        while left > 0 {
            let most = left.min(COPY_BYTES as u64) as usize;
            let read = content.read(&mut chunk[..most])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hash.update(&chunk[..read]);
            self.out.write_all(&chunk[..read])?;
            left -= read as u64;
        }
        self.out.write_all(&[0; BLOCK][..padding(bytes)])?;
        self.files.push(FileFacts { name: name.to_owned(), bytes, sha256: hex(hash) });
        Ok(())
    }

    /// Adds the manifest, with what was added before, and the end.
    pub fn finish(mut self, mut manifest: Manifest) -> io::Result<(W, Manifest)> {
        manifest.files = std::mem::take(&mut self.files);
        let mut text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other)?;
        text.push('\n');
        let sum = sum_line(text.as_bytes());
        self.add(MANIFEST, text.len() as u64, &mut text.as_bytes())?;
        self.add(MANIFEST_SUM, sum.len() as u64, &mut sum.as_bytes())?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok((self.out, manifest))
    }

    fn header(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        assert!(name.len() <= NAME_BYTES_MAX, "members have short names");
        self.out.write_all(&Header { name: name.to_owned(), bytes, time: self.time }.encode())
    }
}

impl<W: Write + Seek + Send> Writer<W> {
    /// Adds a member that is as long as what `fill` writes; its header is completed afterwards.
    pub fn add_written<T, E: From<io::Error>>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        let at = self.out.stream_position()?;
        self.header(name, 0)?;
        let mut counted = Counted { out: &mut self.out, bytes: 0, hash: Sha256::new() };
        let filled = fill(&mut counted)?;
        let Counted { bytes, hash, .. } = counted;
        self.out.write_all(&[0; BLOCK][..padding(bytes)])?;
        self.out.seek(SeekFrom::Start(at))?;
        self.header(name, bytes)?;
        self.out.seek(SeekFrom::End(0))?;
        self.files.push(FileFacts { name: name.to_owned(), bytes, sha256: hex(hash) });
        Ok(filled)
    }
}

/// What is written to a member.
struct Counted<'a, W> {
    out: &'a mut W,
    bytes: u64,
    hash: Sha256,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The content of a member, hashed as it is read.
struct Content<'a> {
    name: &'a str,
    input: &'a mut dyn Read,
    left: u64,
    hash: Sha256,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.left.min(buffer.len() as u64) as usize;
        if most == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut buffer[..most])?;
        if read == 0 {
            let reason = format!("it is cut off within {}", self.name);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        self.hash.update(&buffer[..read]);
        self.left -= read as u64;
        Ok(read)
    }
}

impl Content<'_> {
    /// Reads what nobody wanted; gives the hash.
    fn finish(mut self) -> Result<String, ArchiveError> {
        let mut chunk = vec![0; COPY_BYTES];
        while self.left > 0 {
            self.read(&mut chunk).map_err(|error| torn(error, self.name))?;
        }
        Ok(hex(self.hash))
    }
}

/// The next member; `None` at an empty block, as one ends a tar file.
fn next(input: &mut dyn Read) -> Result<Option<Member>, ArchiveError> {
    let mut block = [0; BLOCK];
    read_exact(input, &mut block, "a header")?;
    if block == [0; BLOCK] {
        return Ok(None);
    }
    let header = Header::decode(&block).ok_or_else(|| wrong("a header is damaged, or this is no backup"))?;
    Ok(Some(Member { name: header.name, bytes: header.bytes }))
}

fn read_manifest(input: &mut dyn Read, member: &Member) -> Result<Manifest, ArchiveError> {
    let text = read_small(input, member)?;
    let sum = next(input)?.filter(|sum| sum.name == MANIFEST_SUM && sum.bytes <= BLOCK as u64);
    let sum = read_small(input, &sum.ok_or_else(|| wrong("its manifest has no checksum"))?)?;
    if sum != sum_line(&text).as_bytes() {
        return Err(wrong("its manifest is damaged"));
    }
    for _ in 0..2 {
        let mut block = [1; BLOCK];
        read_exact(input, &mut block, "its end")?;
        if block != [0; BLOCK] {
            return Err(wrong("its end is damaged"));
        }
    }
    if input.read(&mut [0])? != 0 {
        return Err(wrong("something stands behind its end"));
    }
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| wrong(&format!("its manifest is none: {error}")))?;
    match value["format"].as_u64() {
        Some(found) if found > u64::from(FORMAT) => Err(wrong(&format!(
            "it has format {found}, but this version of Foldmark knows only {FORMAT} and older: use a newer version"
        ))),
        _ => serde_json::from_value(value).map_err(|error| wrong(&format!("its manifest is none: {error}"))),
    }
}

fn read_small(input: &mut dyn Read, member: &Member) -> Result<Vec<u8>, ArchiveError> {
    if member.bytes > MANIFEST_BYTES_MAX {
        return Err(wrong("its manifest is longer than any can be"));
    }
    let mut bytes = vec![0; member.bytes as usize];
    read_exact(input, &mut bytes, &member.name)?;
    skip_padding(input, member)?;
    Ok(bytes)
}

fn skip_padding(input: &mut dyn Read, member: &Member) -> Result<(), ArchiveError> {
    let mut block = [0; BLOCK];
    let rest = &mut block[..padding(member.bytes)];
    read_exact(input, rest, &member.name)?;
    match rest.iter().all(|byte| *byte == 0) {
        true => Ok(()),
        false => Err(wrong(&format!("something stands behind the end of {}", member.name))),
    }
}

fn read_exact(input: &mut dyn Read, buffer: &mut [u8], place: &str) -> Result<(), ArchiveError> {
    input.read_exact(buffer).map_err(|error| torn(error, place))
}

fn torn(error: io::Error, place: &str) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => wrong(&format!("it is cut off within {place}")),
        _ => ArchiveError::Io(error),
    }
}

fn wrong(what: &str) -> ArchiveError {
    ArchiveError::Wrong(what.to_owned())
}

/// As `sha256sum` writes it.
fn sum_line(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", hex(Sha256::new_with_prefix(manifest)))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
