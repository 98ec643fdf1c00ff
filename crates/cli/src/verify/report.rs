//! What a walk has told: counts and problems, in words and as JSON.

use serde_json::json;

use super::Ended;

/// Problems that are listed; the others are counted.
const LISTED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Report {
    users: u64,
    chat_groups: u64,
    records: u64,
    removals: u64,
    entries: u64,
    /// As exports have it; not known if the data changed meanwhile.
    digest: Option<String>,
    is_one_snapshot: bool,
    /// The first ones.
    problems: Vec<String>,
    problem_count: usize,
    is_reading_pages: bool,
    is_complete: bool,
    /// The last subject that was read.
    last: Option<String>,
}

impl Report {
    /// Takes a line of the walk, see [`super::walk`].
    pub(super) fn take(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "pages" => self.is_reading_pages = true,
            "walk" => self.is_reading_pages = false,
            "user" | "chat_group" => self.subject(word, rest),
            "problem" => self.problem(rest.to_owned()),
            "digest" => self.digest = Some(rest.to_owned()),
            "failed" => {
                self.problem(rest.to_owned());
                self.is_complete = true;
            }
            "done" => {
                let (entries, snapshot) = rest.split_once(' ').unwrap_or((rest, ""));
                self.entries = entries.parse().unwrap_or(0);
                self.is_one_snapshot = snapshot == "snapshot";
                self.is_complete = true;
            }
            // A damaged process may say anything.
            _ => self.problem(format!("the walk said {line:?}")),
        }
    }

    /// The walk ended before it was done.
    pub(super) fn died(&mut self, ended: &Ended) {
        let place = match &self.last {
            Some(last) => format!("reading on behind {last}"),
            None => "reading the first entry".to_owned(),
        };
        self.problem(match ended {
            Ended::ByItself(status) => {
                format!("{place} ended the process: {status}; nothing behind it was checked")
            }
            Ended::Silent => format!("{place} does not come to an end; nothing behind it was checked"),
        });
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn is_reading_pages(&self) -> bool {
        self.is_reading_pages
    }

    pub(super) fn problem_count(&self) -> usize {
        self.problem_count
    }

    /// The line that is shown meanwhile.
    pub(super) fn progress(&self, seconds: f64) -> String {
        let subjects = self.users + self.chat_groups;
        let rate = if seconds > 0.0 { subjects as f64 / seconds } else { 0.0 };
        format!("{subjects} subjects, {} records, {rate:.0} subjects per second", self.records)
    }

    /// The problems, a line each, and the closing line.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            text += problem;
            text.push('\n');
        }
        if self.problem_count > self.problems.len() {
            text += &format!("and {} problems more\n", self.problem_count - self.problems.len());
        }
        text += &match self.problem_count {
            0 => "sound: ".to_owned(),
            count => format!("{count} problems: "),
        };
        text += &format!(
            "{} users, {} chat groups, {} records, {} removals; {} entries",
            self.users, self.chat_groups, self.records, self.removals, self.entries
        );
        if let Some(digest) = &self.digest {
            text += &format!("; digest {digest}");
        } else if self.is_complete && !self.is_one_snapshot {
            text += "; written to meanwhile, so that the number of entries was not compared";
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let report = json!({
            "sound": self.problem_count == 0,
            "users": self.users,
            "chat_groups": self.chat_groups,
            "records": self.records,
            "removals": self.removals,
            "entries": self.entries,
            "digest": self.digest,
            "one_snapshot": self.is_one_snapshot,
            "problem_count": self.problem_count,
            "problems": self.problems,
        });
        report.to_string()
    }

    fn subject(&mut self, kind: &str, rest: &str) {
        let mut words = rest.splitn(3, ' ');
        let records: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let removals: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        self.records += records;
        self.removals += removals;
        match kind {
            "user" => self.users += 1,
            _ => self.chat_groups += 1,
        }
        self.last = words.next().map(str::to_owned);
    }

    fn problem(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(problem);
        }
    }
}
