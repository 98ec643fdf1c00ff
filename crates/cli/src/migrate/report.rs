//! What became of the users: counted for the summary, and told one by one where something is wrong.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::out;

/// Users that are named on stderr; all are in the file of differences, if one is asked for.
const SHOWN: u64 = 20;

/// Counts, and where differences go.
pub(super) struct Report {
    /// Where differences are written, and whether that is stdout.
    differences: Option<(Box<dyn Write + Send>, bool)>,
    shown: u64,
    pub(super) counts: Counts,
}

/// How many of what.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Users who were written, or would be.
    pub(super) written: u64,
    /// Users who were the same already.
    pub(super) same: u64,
    /// Users who were finished in an earlier run.
    pub(super) earlier: u64,
    /// Users whom the source does not know.
    pub(super) unknown: u64,
    /// Users who differ.
    pub(super) different: u64,
    /// Users who could not be moved or compared.
    pub(super) failed: u64,
    /// Groups and records of the users who were written or are the same.
    pub(super) groups: u64,
    pub(super) records: u64,
    /// Groups that have another id at the destination.
    pub(super) mapped: u64,
    /// Accounts and chat groups that were registered, or would be.
    pub(super) accounts: u64,
    pub(super) chat_groups: u64,
    /// Accounts and chat groups that could not be registered.
    pub(super) unregistered: u64,
    /// Users who do not fit the limits.
    pub(super) unfit: u64,
}

impl Report {
    /// Opens the file of differences, if there is to be one.
    pub(super) fn new(differences: Option<&str>) -> Result<Report, Failure> {
        let differences: Option<(Box<dyn Write + Send>, bool)> = match differences {
            None => None,
            Some("-") => Some((Box::new(io::stdout()), true)),
            Some(name) => {
                let file = File::create(name).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
                Some((Box::new(BufWriter::new(file)), false))
            }
        };
        Ok(Report { differences, shown: 0, counts: Counts::default() })
    }

    /// A user who differs, with the lines that say in what.
    pub(super) fn different(&mut self, user: &str, lines: &[Value]) -> Result<(), Failure> {
        self.counts.different += 1;
        let fields: Vec<&str> = lines.iter().filter_map(|line| line["Field"].as_str()).take(5).collect();
        let more = if lines.len() > fields.len() { ", …" } else { "" };
        self.show(&format!("differs: user {user:?} in {}{more}", fields.join(", ")));
        self.lines(lines)
    }

    /// A user who could not be moved or compared.
    pub(super) fn failed(&mut self, user: &str, reason: &str) -> Result<(), Failure> {
        self.counts.failed += 1;
        self.show(&format!("failed: user {user:?}: {reason}"));
        self.lines(&[json!({ "User": user, "Field": "Failed", "Reason": reason })])
    }

    /// A user whom the source does not know.
    pub(super) fn unknown(&mut self, user: &str) -> Result<(), Failure> {
        self.counts.unknown += 1;
        self.show(&format!("not known at the source: user {user:?}"));
        self.lines(&[json!({ "User": user, "Field": "Unknown" })])
    }

    /// A user who does not fit the limits.
    pub(super) fn unfit(&mut self, user: &str, problems: &[String]) -> Result<(), Failure> {
        self.counts.unfit += 1;
        self.show(&format!("does not fit: user {user:?}: {}", problems.join("; ")));
        let line = |problem: &String| json!({ "User": user, "Field": "Limit", "Reason": problem });
        self.lines(&problems.iter().map(line).collect::<Vec<_>>())
    }

    /// An account or chat group that could not be registered.
    pub(super) fn unregistered(&mut self, what: &str, reason: &str) -> Result<(), Failure> {
        self.counts.unregistered += 1;
        self.show(&format!("not registered: {what}: {reason}"));
        self.lines(&[json!({ "Peer": what, "Field": "Registration", "Reason": reason })])
    }

    /// Writes lines to the file of differences.
    pub(super) fn lines(&mut self, lines: &[Value]) -> Result<(), Failure> {
        let Some((writer, _)) = &mut self.differences else { return Ok(()) };
        for line in lines {
            writeln!(writer, "{line}").map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Prints the summary, of a run that was broken off too; fails if not everything is as it should be.
    pub(super) fn finish(mut self, verb: &str, ended: Result<(), Failure>) -> Result<(), Failure> {
        let mut on_stdout = false;
        if let Some((writer, is_stdout)) = &mut self.differences {
            writer.flush().map_err(|error| failed(&error))?;
            on_stdout = *is_stdout;
        }
        // Whoever reads the differences from stdout wants nothing else there.
        let text = self.counts.text(verb);
        match on_stdout {
            true => out::note(&text),
            false => out::line(&text)?,
        }
        ended?;
        let Counts { different, failed, unregistered, .. } = self.counts;
        if different + failed + unregistered > 0 {
            return Err(Failure::failed(format!(
                "{different} users differ, {failed} users failed, {unregistered} peers were not registered"
            )));
        }
        Ok(())
    }

    fn show(&mut self, text: &str) {
        self.shown += 1;
        if self.shown <= SHOWN {
            out::note(text);
        }
    }
}

impl Counts {
    fn text(&self, verb: &str) -> String {
        let Counts { written, same, earlier, unknown, different, failed, .. } = self;
        let mut text = format!(
            "users: {written} {verb}, {same} the same already, {earlier} finished earlier, {unknown} unknown at the \
             source, {different} different, {failed} failed\n\
             of them: {} groups, {} conversations\n\
             peers: {} accounts and {} chat groups registered, {} not",
            self.groups, self.records, self.accounts, self.chat_groups, self.unregistered
        );
        if self.mapped > 0 {
            text += &format!("\ngroups with another id at the destination: {}", self.mapped);
        }
        if self.unfit > 0 {
            text += &format!("\nusers who do not fit the limits: {}", self.unfit);
        }
        text
    }
}

fn failed(error: &io::Error) -> Failure {
    Failure::failed(format!("the differences: {error}"))
}
