//! The walk itself, in a process that may die. What it finds goes to stdout, a line at once, so that the last line says
//! how far it came:
//!
//! ```text
//! pages                            the pages are being read
//! walk                             the subjects are being read
//! user RECORDS REMOVALS NAME       a user was read; NAME is for people
//! chat_group 0 0 NAME              a chat group was read
//! problem TEXT
//! digest HEX                       of all subjects, as exports have it; only of a snapshot
//! done ENTRIES snapshot|changed
//! failed TEXT                      it cannot go on
//! ```

use std::path::Path;

use foldmark_store::StoreError;
use foldmark_store::embedded::scan::{Met, Progress, Scan};
use foldmark_wire::transfer::Totals;

use crate::args::VerifyWalkArgs;
use crate::failure::Failure;
use crate::out;
use crate::verify::subject::{self, problem};

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
        Err(error) => out::line(&problem(&error.to_string()).replacen("problem", "failed", 1)),
    }
}

/// Walks the folder; gives back the number of entries and whether they are one snapshot.
fn walk(folder: &Path) -> Result<(u64, bool), StoreError> {
    let mut scan = Scan::open(folder)?;
    say("pages");
    for found in scan.pages()? {
        say(&problem(&found));
    }
    say("walk");
    let mut totals = Totals::default();
    loop {
        let progress = scan.next(|met| match met {
            Met::Subject(scanned) => {
                subject::check(scanned.subject(), &scanned.stored, &mut totals, &mut say);
            }
            Met::Problem(text) => say(&problem(&text)),
        })?;
        if let Progress::Done { entries, is_one_snapshot } = progress {
            if is_one_snapshot {
                say(&format!("digest {}", String::from(totals.digest)));
            }
            return Ok((entries, is_one_snapshot));
        }
    }
}

/// If nobody listens any more, nobody waits for the rest.
fn say(line: &str) {
    let _ = out::line(line);
}
