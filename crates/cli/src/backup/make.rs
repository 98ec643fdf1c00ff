//! `foldmark backup`: fetches a backup from the server that has the store open, or from an own one, and writes it.
//!
//! It is taken apart on the way and put together again, so that every checksum is checked before the file gets its
//! name, and so that secrets, which no server gives away, come from the configuration of this command alone.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use foldmark_server::backup::archive::{self, Writer};
use foldmark_server::backup::manifest::{CONFIG, Manifest};
use foldmark_server::clock::Clock;
use foldmark_server::config::{self, Settings, StoreSettings};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use indicatif::ProgressBar;
use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use crate::args::BackupArgs;
use crate::backup::COMPANIONS;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::transfer::target::Target;
use crate::{out, progress};

const BUFFER_BYTES: usize = 1 << 20;

pub(crate) async fn run(args: &BackupArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    let output = Output::open(&args.out, args.force)?;
    let target = Target::open(settings.clone(), false).await?;
    let written = write(&target, &settings, args.with_secrets, output).await;
    target.close().await;
    let manifest = written?;
    out::note(&format!("backup of {}", manifest.summary()));
    if args.with_secrets {
        let readers = if args.out == "-" { "" } else { " and is readable by its owner alone" };
        out::note(&format!("it holds the keys of the applications{readers}: keep it as safe as they are"));
    }
    Ok(())
}

async fn write(
    target: &Target,
    settings: &Settings,
    with_secrets: bool,
    output: Output,
) -> Result<Manifest, Failure> {
    let own = own_members(settings, with_secrets)?;
    let spinner = progress::bar(None, "");
    spinner.set_message("the server makes the backup");
    spinner.enable_steady_tick(progress::TICK);
    let answer = target.get("/v1/backup").await;
    spinner.finish_and_clear();
    let answer = answer?;
    let bar = progress::bar(answer.size_hint().exact(), "bytes");
    let mut input = Answer { body: answer, chunk: Bytes::new(), bar: bar.clone() };
    let written = tokio::task::block_in_place(|| match output {
        Output::Stdout => {
            let manifest = rewrite(&mut input, BufWriter::new(io::stdout()), &own, with_secrets)?.1;
            Ok(manifest)
        }
        Output::File { file, path, force } => {
            let buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
            let (buffered, manifest) = rewrite(&mut input, buffered, &own, with_secrets)?;
            let file = buffered.into_inner().map_err(|error| failed(&path, &error))?;
            give_name(file, &path, force)?;
            Ok(manifest)
        }
    });
    bar.finish_and_clear();
    written
}

/// The members that this command makes itself: the configuration first.
fn own_members(settings: &Settings, with_secrets: bool) -> Result<Vec<(&'static str, String)>, Failure> {
    if !with_secrets {
        return Ok(vec![(CONFIG, config::describe(settings))]);
    }
    let mut members = vec![(CONFIG, config::describe_with_secrets(settings))];
    if let StoreSettings::Embedded(embedded) = &settings.store {
        for name in COMPANIONS {
            let path = embedded.path.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => members.push((name, text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&path, &error)),
            }
        }
    }
    Ok(members)
}

/// Copies a backup, with `own` members in place of its configuration.
fn rewrite<W: Write>(
    input: &mut dyn Read,
    out: W,
    own: &[(&str, String)],
    with_secrets: bool,
) -> Result<(W, Manifest), Failure> {
    let mut writer = Writer::new(out, Clock::system().unix_seconds());
    for (name, text) in own {
        let added = writer.add(name, text.len() as u64, &mut text.as_bytes());
        added.map_err(|error| Failure::failed(format!("the backup cannot be written: {error}")))?;
    }
    let read = archive::read(input, &mut |member, content| match member.name.as_str() {
        CONFIG => Ok(()),
        name => {
            let added = writer.add(name, member.bytes, content);
            added.map_err(|error| format!("the backup cannot be written: {error}"))
        }
    });
    let manifest = read.map_err(|error| Failure::failed(format!("the server's backup: {error}")))?;
    let finished = writer.finish(Manifest { secrets: with_secrets, ..manifest });
    finished.map_err(|error| Failure::failed(format!("the backup cannot be written: {error}")))
}

/// Where a backup is written to.
enum Output {
    Stdout,
    File {
        /// Beside the file that it will be, removed unless it gets its name.
        file: NamedTempFile,
        path: PathBuf,
        force: bool,
    },
}

impl Output {
    fn open(out: &str, force: bool) -> Result<Output, Failure> {
        if out == "-" {
            return Ok(Output::Stdout);
        }
        let path = PathBuf::from(out);
        if path.exists() && !force {
            return Err(Failure::usage(format!(
                "{out} exists already, and is not overwritten without --force"
            )));
        }
        let name =
            path.file_name().ok_or_else(|| Failure::usage(format!("{out} is not the name of a file")))?;
        // Readable by its owner alone, as the crate makes all its files.
        let made = tempfile::Builder::new()
            .prefix(&format!("{}.", name.display()))
            .suffix(".partial")
            .tempfile_in(folder(&path));
        let file = made.map_err(|error| failed(&path, &error))?;
        Ok(Output::File { file, path, force })
    }
}

fn give_name(file: NamedTempFile, path: &Path, force: bool) -> Result<(), Failure> {
    file.as_file().sync_all().map_err(|error| failed(path, &error))?;
    let named = if force { file.persist(path) } else { file.persist_noclobber(path) };
    named.map_err(|error| failed(path, &error.error))?;
    let synced = File::open(folder(path)).and_then(|folder| folder.sync_all());
    synced.map_err(|error| failed(path, &error))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}

/// An answer, read where it may block.
struct Answer {
    body: Incoming,
    chunk: Bytes,
    bar: ProgressBar,
}

impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let Some(frame) = Handle::current().block_on(self.body.frame()) else {
                return Ok(0);
            };
            self.chunk = frame.map_err(io::Error::other)?.into_data().unwrap_or_default();
        }
        let taken = self.chunk.split_to(self.chunk.len().min(buffer.len()));
        buffer[..taken.len()].copy_from_slice(&taken);
        self.bar.inc(taken.len() as u64);
        Ok(taken.len())
    }
}
