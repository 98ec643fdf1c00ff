//! `foldmark import`: puts the users and chat groups of an export.
//!
//! A file is read to its end before anything is put, so that one that is cut off or damaged changes nothing. Putting
//! the same twice changes nothing either, so that an import which was cut off is simply repeated; from a file it goes
//! on where it was, by a small file beside it, `.progress` at its name's end.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use foldmark_server::config::Settings;
use foldmark_wire::transfer::{FORMAT, IMPORT_BYTES_MAX, ImportReply, Line, Outcome, Totals};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::transfer::target::Target;
use crate::{out, progress};

/// Lines and bytes of a batch, unless one line is longer.
const BATCH_LINES: usize = 256;
const BATCH_BYTES: usize = 4 << 20;
/// Refused lines that are shown.
const SHOWN: u64 = 20;
/// The pause before a batch is sent a second time that the store could not take; all together they last for a minute.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn run(args: &ImportArgs, config: &ConfigArgs) -> Result<(), Failure> {
    run_into(args, config.load()?).await
}

/// As [`run`], into the store of these settings.
pub(crate) async fn run_into(args: &ImportArgs, settings: Settings) -> Result<(), Failure> {
    let file = match args.input.as_str() {
        "-" => None,
        name => Some(open(name)?),
    };
    let size = file.as_ref().map(|(_, size)| *size);
    let target = Target::open(settings, true).await?;
    let mut import = Import {
        name: args.input.clone(),
        replace: args.replace,
        memory: size.map(|size| Memory::of(&args.input, size, &target.place, args.replace)),
        done: Done::default(),
    };
    let bar = progress::bar(size, "bytes");
    let imported = match file {
        None => import.run(&mut io::stdin(), &target, &bar).await,
        Some((mut file, _)) => {
            import.recall(args.restart, &mut file)?;
            import.run(&mut file, &target, &bar).await
        }
    };
    bar.finish_and_clear();
    target.close().await;
    imported?;
    import.finish()
}

/// Opens a file that holds a whole export.
fn open(name: &str) -> Result<(File, u64), Failure> {
    let failed = |error: io::Error| Failure::usage(format!("{name}: {error}"));
    let mut file = File::open(name).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let bar = progress::bar(Some(size), "bytes");
    bar.set_message("checked");
    let mut lines = Lines::new(&mut file, name);
    let mut check = Check::default();
    while let Some(text) = lines.next()? {
        bar.set_position(lines.offset);
        check.line(&lines, &text)?;
    }
    bar.finish_and_clear();
    check.end(name)?;
    file.rewind().map_err(failed)?;
    Ok((file, size))
}

/// Whether the lines so far can be those of an export.
#[derive(Default)]
struct Check {
    totals: Totals,
    ended: bool,
}

impl Check {
    /// Checks one line; gives back whether it is a subject.
    fn line(&mut self, lines: &Lines<'_>, text: &str) -> Result<bool, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| lines.wrong(reason);
        if self.ended {
            return Err(wrong(&"it stands behind the end"));
        }
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if (lines.number == 1) != matches!(line, Line::Export(_)) {
            return Err(wrong(&"an export has its head in its first line, and nowhere else"));
        }
        let others = "the lines before it are not those that were exported";
        match &line {
            Line::Export(head) if head.format > FORMAT => Err(wrong(&format!(
                "the export has format {}, but this version of Foldmark knows only {FORMAT} and older: use a newer \
                 version",
                head.format
            ))),
            Line::Failed(failure) => Err(wrong(&format!("the export has failed: {}", failure.reason))),
            Line::End(totals) if *totals != self.totals => Err(wrong(&others)),
            Line::Checkpoint(checkpoint) if checkpoint.totals != self.totals => Err(wrong(&others)),
            Line::Export(_) | Line::Checkpoint(_) => Ok(false),
            Line::End(_) => {
                self.ended = true;
                Ok(false)
            }
            Line::User(_) | Line::ChatGroup(_) => {
                self.totals.add(&line, text);
                Ok(true)
            }
        }
    }

    fn end(&self, name: &str) -> Result<(), Failure> {
        if self.ended {
            return Ok(());
        }
        Err(Failure::failed(format!("{name} has no last line: the export was cut off")))
    }
}

struct Import {
    name: String,
    replace: bool,
    /// Where it is remembered how far a file was put.
    memory: Option<Memory>,
    done: Done,
}

/// What became of the lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Done {
    /// Bytes of the file.
    bytes: u64,
    /// Lines of the file.
    lines: u64,
    /// Subjects that are now as the export says.
    put: u64,
    /// Subjects that are not.
    refused: u64,
}

impl Import {
    /// Goes to where an earlier import of the same file was cut off.
    fn recall(&mut self, restart: bool, file: &mut File) -> Result<(), Failure> {
        let Some(memory) = &self.memory else { return Ok(()) };
        if restart {
            memory.forget()?;
        }
        if let Some(done) = memory.recall()? {
            out::note(&format!("going on behind line {}; --restart would begin anew", done.lines));
            file.seek(SeekFrom::Start(done.bytes)).map_err(Failure::failed)?;
            self.done = done;
        }
        Ok(())
    }

    /// Puts what is left of `source`.
    async fn run(
        &mut self,
        source: &mut (dyn Read + Send),
        target: &Target,
        bar: &ProgressBar,
    ) -> Result<(), Failure> {
        let name = self.name.clone();
        let mut lines = Lines::new(source, &name);
        (lines.offset, lines.number) = (self.done.bytes, self.done.lines);
        // A file was checked as a whole.
        let mut check = self.memory.is_none().then(Check::default);
        let mut batch = String::new();
        let mut count = 0;
        while let Some(text) = lines.next()? {
            let subject = match &mut check {
                Some(check) => check.line(&lines, &text)?,
                None => is_subject(&text),
            };
            if subject && count > 0 && batch.len() + text.len() > BATCH_BYTES {
                self.put(target, &mut batch, &mut count).await?;
            }
            if subject {
                batch.push_str(&text);
                batch.push('\n');
                count += 1;
            }
            (self.done.bytes, self.done.lines) = (lines.offset, lines.number);
            bar.set_position(lines.offset);
            if count == BATCH_LINES {
                self.put(target, &mut batch, &mut count).await?;
            }
        }
        self.put(target, &mut batch, &mut count).await?;
        check.map_or(Ok(()), |check| check.end(&name))
    }

    /// Puts a batch and empties it.
    async fn put(&mut self, target: &Target, batch: &mut String, count: &mut usize) -> Result<(), Failure> {
        if *count == 0 {
            return Ok(());
        }
        let body = Bytes::from(std::mem::take(batch));
        let reply = target.put_patiently(body, *count, self.replace, PAUSE).await?;
        self.count(&reply);
        *count = 0;
        self.memory.as_ref().map_or(Ok(()), |memory| memory.remember(&self.done))
    }

    fn count(&mut self, reply: &ImportReply<'_>) {
        for result in &reply.results {
            if result.outcome == Outcome::Put {
                self.done.put += 1;
                continue;
            }
            self.done.refused += 1;
            if self.done.refused <= SHOWN {
                out::note(&format!("refused: {}", result.reason));
            }
        }
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some(memory) = &self.memory {
            memory.forget()?;
        }
        let Done { put, refused, .. } = self.done;
        if refused > 0 {
            return Err(Failure::failed(format!("{put} subjects were put, {refused} were refused")));
        }
        out::note(&format!("imported {put} subjects"));
        Ok(())
    }
}

fn is_subject(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Line::User(_) | Line::ChatGroup(_)))
}

/// The lines of an export, with a bound on their length.
struct Lines<'a> {
    reader: BufReader<&'a mut (dyn Read + Send)>,
    name: &'a str,
    /// The end of the last line.
    offset: u64,
    /// The number of the last line, from 1.
    number: u64,
}

impl<'a> Lines<'a> {
    fn new(reader: &'a mut (dyn Read + Send), name: &'a str) -> Lines<'a> {
        Lines { reader: BufReader::with_capacity(1 << 20, reader), name, offset: 0, number: 0 }
    }

    fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        let limit = IMPORT_BYTES_MAX as u64;
        let read = self.reader.by_ref().take(limit).read_line(&mut text);
        let length = read.map_err(|error| self.wrong(&error))?;
        if length == 0 {
            return Ok(None);
        }
        self.offset += length as u64;
        self.number += 1;
        if text.pop() != Some('\n') {
            return Err(self.wrong(&"it has no end, or is longer than any can be"));
        }
        Ok(Some(text))
    }

    fn wrong(&self, reason: &dyn std::fmt::Display) -> Failure {
        Failure::failed(format!("{}, line {}: {reason}", self.name, self.number))
    }
}

/// A file beside the imported one that says how far it was put, and where.
struct Memory {
    path: PathBuf,
    /// What it is about: another file, target or way of importing begins anew.
    about: Value,
}

impl Memory {
    fn of(name: &str, size: u64, place: &str, replace: bool) -> Memory {
        Memory {
            path: PathBuf::from(format!("{name}.progress")),
            about: json!({ "Bytes": size, "Into": place, "Replace": replace }),
        }
    }

    fn remember(&self, done: &Done) -> Result<(), Failure> {
        let Done { bytes, lines, put, refused } = done;
        let text = json!({ "About": self.about, "Done": [bytes, lines, put, refused] }).to_string();
        let unfinished = self.path.with_extension("progress.new");
        let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &self.path));
        written.map_err(|error| self.failed(&error))
    }

    fn recall(&self) -> Result<Option<Done>, Failure> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let done: Option<[u64; 4]> = serde_json::from_value(value["Done"].clone()).ok();
        let (true, Some([bytes, lines, put, refused])) = (value["About"] == self.about, done) else {
            return Err(Failure::usage(format!(
                "{} is of an import of another file or to another place; delete it, or give --restart",
                self.path.display()
            )));
        };
        Ok(Some(Done { bytes, lines, put, refused }))
    }

    fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::failed(format!("{}: {error}", self.path.display()))
    }
}
