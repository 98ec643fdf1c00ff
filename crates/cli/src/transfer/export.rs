//! `foldmark export`: every chat group and every user of the configured applications, as lines.
//!
//! An export to a file is written beside it, `.partial` at its name's end, with a checkpoint after each page, and gets
//! its name when it is complete and on disk. One that was cut off goes on behind its last checkpoint.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use foldmark_server::clock::Clock;
use foldmark_wire::transfer::{Checkpoint, ExportHead, FORMAT, Line, Totals};
use hyper::body::Incoming;
use indicatif::ProgressBar;

use crate::args::ExportArgs;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::transfer::pages::{PageLines, unreadable};
use crate::transfer::target::Target;
use crate::{out, progress};

/// The kinds of subjects, in the order of an export, by their names in queries.
const KINDS: [&str; 2] = ["chat_groups", "users"];

pub(crate) async fn run(args: &ExportArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    let target = Target::open(settings, false).await?;
    let mut output = Output::open(&args.out, args.resume)?;
    let bar = progress::bar(expected(&target).await?, "subjects");
    bar.set_position(output.totals.users + output.totals.chat_groups);
    let exported = export(&target, &mut output, &bar).await;
    bar.finish_and_clear();
    target.close().await;
    exported?;
    output.finish()
}

/// How many subjects there are; counted only if somebody sees it.
async fn expected(target: &Target) -> Result<Option<u64>, Failure> {
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    let mut total = 0;
    for app in &target.apps {
        for kind in KINDS {
            total += target.count(app.app.get(), kind).await?;
        }
    }
    Ok(Some(total))
}

async fn export(target: &Target, output: &mut Output, bar: &ProgressBar) -> Result<(), Failure> {
    let mut parts = Vec::new();
    for app in &target.apps {
        parts.extend(KINDS.map(|kind| (app.app.get(), kind)));
    }
    let mut place = match output.place.take() {
        Some(place) => place,
        None => Place { part: 0, cursor: None },
    };
    while let Some((sdkappid, kind)) = parts.get(place.part) {
        let mut path = format!("/v1/subjects?sdkappid={sdkappid}&kind={kind}");
        if let Some(cursor) = &place.cursor {
            path += &format!("&cursor={cursor}");
        }
        let page = read_page(target.get(&path).await?, output, bar).await?;
        place = match page.next {
            Some(cursor) => Place { part: place.part, cursor: Some(cursor) },
            None => Place { part: place.part + 1, cursor: None },
        };
        output.checkpoint(&place)?;
    }
    Ok(())
}

/// Writes the lines of a page as they come.
async fn read_page(page: Incoming, output: &mut Output, bar: &ProgressBar) -> Result<Checkpoint, Failure> {
    let mut lines = PageLines::new(page);
    loop {
        if let Some(checkpoint) = take(&lines.next().await?, output, bar)? {
            return Ok(checkpoint);
        }
    }
}

/// Writes one line; gives back the last one of the page instead.
fn take(text: &str, output: &mut Output, bar: &ProgressBar) -> Result<Option<Checkpoint>, Failure> {
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    match line {
        Line::User(_) | Line::ChatGroup(_) => {
            output.subject(&line, text)?;
            bar.inc(1);
            Ok(None)
        }
        Line::Checkpoint(checkpoint) => Ok(Some(checkpoint)),
        Line::Failed(failure) => Err(Failure::failed(failure.reason)),
        Line::Export(_) | Line::End(_) => Err(unreadable(&"it is out of place")),
    }
}

/// Where an export goes on: the part, an application and a kind, and the page of it.
struct Place {
    part: usize,
    cursor: Option<String>,
}

impl Place {
    fn to_text(&self) -> String {
        format!("{} {}", self.part, self.cursor.as_deref().unwrap_or_default())
    }

    fn parse(text: &str) -> Option<Place> {
        let (part, cursor) = text.split_once(' ')?;
        let cursor = (!cursor.is_empty()).then(|| cursor.to_owned());
        Some(Place { part: part.parse().ok()?, cursor })
    }
}

/// What the lines are written to.
struct Output {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// The file under its name while it is not complete, and under its own one; `None` for stdout.
    file: Option<(File, PathBuf, PathBuf)>,
    /// Of the lines that were written.
    totals: Totals,
    /// Where an export that was cut off goes on.
    place: Option<Place>,
}

impl Output {
    fn open(out: &str, resume: bool) -> Result<Output, Failure> {
        if out == "-" {
            if resume {
                return Err(Failure::usage("an export to stdout cannot be resumed"));
            }
            let mut output = Output::new(Box::new(io::stdout()), None);
            output.head()?;
            return Ok(output);
        }
        let path = PathBuf::from(out);
        let partial = PathBuf::from(format!("{out}.partial"));
        if path.exists() {
            return Err(Failure::usage(format!("{out} exists already, and is not overwritten")));
        }
        let failed = |error: io::Error| Failure::failed(format!("{}: {error}", partial.display()));
        if !partial.exists() {
            let file = OpenOptions::new().write(true).create_new(true).open(&partial).map_err(failed)?;
            let writer = file.try_clone().map_err(failed)?;
            let mut output = Output::new(Box::new(writer), Some((file, partial, path)));
            output.head()?;
            return Ok(output);
        }
        if !resume {
            return Err(Failure::usage(format!(
                "{} is there, from an export that was cut off or is running: give --resume to go on with it, or \
                 delete it",
                partial.display()
            )));
        }
        let mut file = OpenOptions::new().read(true).write(true).open(&partial).map_err(failed)?;
        let (end, totals, place) = find_end(&file, &partial)?;
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let writer = file.try_clone().map_err(failed)?;
        let mut output = Output::new(Box::new(writer), Some((file, partial, path)));
        (output.totals, output.place) = (totals, place);
        if output.place.is_none() {
            output.head()?;
        }
        Ok(output)
    }

    fn new(writer: Box<dyn Write + Send>, file: Option<(File, PathBuf, PathBuf)>) -> Output {
        Output { writer: BufWriter::new(writer), file, totals: Totals::default(), place: None }
    }

    fn head(&mut self) -> Result<(), Failure> {
        let version = env!("CARGO_PKG_VERSION").into();
        let time = Clock::system().unix_seconds();
        self.line(&Line::Export(ExportHead { format: FORMAT, version, time }).to_text())
    }

    fn subject(&mut self, line: &Line<'_>, text: &str) -> Result<(), Failure> {
        self.totals.add(line, text);
        self.line(text)
    }

    /// Marks where an export could go on, on disk.
    fn checkpoint(&mut self, place: &Place) -> Result<(), Failure> {
        let Some((file, ..)) = &self.file else { return Ok(()) };
        let file = file.try_clone().map_err(Failure::failed)?;
        let checkpoint = Checkpoint { next: Some(place.to_text()), totals: self.totals };
        self.line(&Line::Checkpoint(checkpoint).to_text())?;
        let synced = self.writer.flush().and_then(|()| file.sync_data());
        synced.map_err(|error| self.failed(&error))
    }

    /// Writes the last line, and gives a file its name.
    fn finish(mut self) -> Result<(), Failure> {
        self.line(&Line::End(self.totals).to_text())?;
        self.writer.flush().map_err(|error| self.failed(&error))?;
        let Totals { chat_groups, users, conversations, digest } = self.totals;
        if let Some((file, partial, path)) = &self.file {
            let named =
                file.sync_all().and_then(|()| fs::rename(partial, path)).and_then(|()| sync_folder(path));
            named.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        }
        out::note(&format!(
            "exported {users} users with {conversations} conversations and {chat_groups} chat groups; digest {}",
            String::from(digest)
        ));
        Ok(())
    }

    fn line(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.write_all(b"\n"));
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        match &self.file {
            Some((_, partial, _)) => Failure::failed(format!("{}: {error}", partial.display())),
            None => Failure::failed(format!("stdout: {error}")),
        }
    }
}

/// The end of the last checkpoint of a file, what stands before it, and where it goes on. Without any checkpoint it
/// begins anew.
fn find_end(file: &File, path: &Path) -> Result<(u64, Totals, Option<Place>), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", path.display()));
    let mut reader = BufReader::new(file);
    let mut totals = Totals::default();
    let mut found = (0, totals, None);
    let mut offset = 0;
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text).map_err(|error| failed(&error))?;
        // What a crash has torn is behind the last checkpoint.
        let Ok(line) = serde_json::from_slice::<Line<'_>>(&text) else { break };
        offset += length as u64;
        if let Line::Checkpoint(checkpoint) = &line {
            if checkpoint.totals != totals {
                return Err(failed(&"it is damaged: a checkpoint does not fit the lines before it"));
            }
            let place = checkpoint.next.as_deref().and_then(Place::parse);
            found = (
                offset,
                totals,
                Some(place.ok_or_else(|| failed(&"it is damaged: a checkpoint leads nowhere"))?),
            );
        }
        totals.add(&line, str::from_utf8(&text).unwrap_or_default().trim_end_matches('\n'));
    }
    Ok(found)
}

/// Makes a new name durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
