//! The walk itself, in a process that may die. What it finds goes to stdout, a line at once, so that the last line says
//! how far it came:
//!
//! ```text
//! pages                            the pages are being read
//! walk                             the subjects are being read
//! user RECORDS REMOVALS NAME       a user was read; NAME is for people
//! chat_group 0 0 NAME              a chat group was read
//! problem TEXT
//! done ENTRIES snapshot|changed
//! failed TEXT                      it cannot go on
//! ```

use std::path::Path;

use foldmark_core::command::Reads;
use foldmark_core::format::record::Row;
use foldmark_core::subject::{Subject, SubjectKind};
use foldmark_core::verify;
use foldmark_core::view::View;
use foldmark_store::StoreError;
use foldmark_store::embedded::scan::{Met, Progress, Scan, ScannedSubject};

use crate::args::VerifyWalkArgs;
use crate::failure::Failure;
use crate::out;

/// The name of the command that runs this.
pub(crate) const COMMAND: &str = "verify-walk";
/// The option that makes it only free what dead readers have left.
pub(crate) const ONLY_OPEN: &str = "--only-open";

pub(crate) fn run(args: &VerifyWalkArgs) -> Result<(), Failure> {
    if args.only_open {
        return Scan::open(&args.folder).map(drop).map_err(Failure::failed);
    }
    match walk(&args.folder) {
        Ok((entries, true)) => out::line(&format!("done {entries} snapshot")),
        Ok((entries, false)) => out::line(&format!("done {entries} changed")),
        Err(error) => out::line(&format!("failed {}", one_line(&error.to_string()))),
    }
}

/// Walks the folder; gives back the number of entries and whether they are one snapshot.
fn walk(folder: &Path) -> Result<(u64, bool), StoreError> {
    let mut scan = Scan::open(folder)?;
    say("pages");
    for found in scan.pages()? {
        problem(&found);
    }
    say("walk");
    loop {
        let progress = scan.next(|met| match met {
            Met::Subject(scanned) => subject(&scanned),
            Met::Problem(text) => problem(&text),
        })?;
        if let Progress::Done { entries, is_one_snapshot } = progress {
            return Ok((entries, is_one_snapshot));
        }
    }
}

fn subject(scanned: &ScannedSubject) {
    let subject = scanned.subject();
    let view = match View::decode(subject, &scanned.stored, Reads::Whole) {
        Ok(view) => view,
        Err(corrupt) => return problem(&corrupt.to_string()),
    };
    for found in verify::check(&view) {
        problem(&format!("{}: {found}", name(subject)));
    }
    let records = view.records().count();
    let removals = view.rows().iter().filter(|(_, row)| matches!(row, Row::Removal(_))).count();
    let kind = match subject.kind() {
        SubjectKind::User => "user",
        SubjectKind::ChatGroup => "chat_group",
    };
    say(&format!("{kind} {records} {removals} {}", name(subject)));
}

fn problem(text: &str) {
    say(&format!("problem {}", one_line(text)));
}

/// If nobody listens any more, nobody waits for the rest.
fn say(line: &str) {
    let _ = out::line(line);
}

fn name(subject: Subject<'_>) -> String {
    let kind = match subject.kind() {
        SubjectKind::User => "user",
        SubjectKind::ChatGroup => "chat group",
    };
    format!("{kind} {:?} of application {}", subject.id_str(), subject.app)
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
