//! `foldmark audit`: reads all files of an audit log in their order, beside a running server too.

use std::path::PathBuf;

use foldmark_server::{audit, utc};
use serde_json::Value;

use crate::failure::Failure;
use crate::out;
use crate::settings::ConfigArgs;

pub(crate) const HELP: &str = "\
Examples:
  foldmark audit --config /etc/foldmark.toml
  foldmark audit --file /var/log/foldmark/audit.log --user user_0001
  foldmark audit --file audit.log --call del_contact_group --since 2026-04-03
  foldmark audit --file audit.log --since 2026-04-03T11:50Z --until 2026-04-03T12:00Z --json

Reads the numbered files and the present one, the oldest line first. Times are UTC. Exit status: 0 if all was \
read; 1 if a file or a line cannot be read.";

#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// The present file of the log [default: the configured audit.path]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only changes of this user's data
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only changes that this administrator made
    #[arg(long, value_name = "ID")]
    identifier: Option<String>,
    /// Only changes by this call; `import`, `webhooks/again` and `webhooks/forget` are those of operators
    #[arg(long, value_name = "CALL")]
    call: Option<String>,
    /// Only from this moment on, such as 2026-04-03 or 2026-04-03T11:50:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<String>,
    /// Only before this moment
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<String>,
    /// Print the lines as they are
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &AuditArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let file =
        match &args.file {
            Some(file) => file.clone(),
            None => config.load()?.audit.map(|audit| audit.path).ok_or_else(|| {
                Failure::usage("which audit log? Give --file, or a --config with audit.path")
            })?,
        };
    let mut unreadable = 0_u64;
    let mut outcome = Ok(());
    let reading = audit::read(&file, |line| {
        let Some((text, fields)) = parse(line) else {
            unreadable += 1;
            return true;
        };
        if !args.wants(&fields) {
            return true;
        }
        outcome = out::line(&if args.json { text.to_owned() } else { for_people(&fields) });
        outcome.is_ok()
    });
    let reading = reading.map_err(Failure::failed)?;
    outcome?;
    if reading.torn {
        out::note("foldmark: the last line is half there, and was left out");
    }
    match unreadable {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{}: {unreadable} lines cannot be read", file.display()))),
    }
}

fn parse(line: &[u8]) -> Option<(&str, Value)> {
    let text = str::from_utf8(line).ok()?;
    let fields: Value = serde_json::from_str(text).ok()?;
    fields["time"].is_string().then_some((text, fields))
}

impl AuditArgs {
    fn wants(&self, fields: &Value) -> bool {
        let time = fields["time"].as_str().unwrap_or_default();
        if self.since.as_deref().is_some_and(|since| time < since)
            || self.until.as_deref().is_some_and(|until| time >= until)
        {
            return false;
        }
        // Lines that are missing may have been about anybody.
        !fields["lost"].is_null()
            || is(&fields["user"], self.user.as_deref())
                && is(&fields["identifier"], self.identifier.as_deref())
                && is(&fields["call"], self.call.as_deref())
    }
}

fn is(field: &Value, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| field.as_str() == Some(wanted))
}

/// Digits of a moment, which compare with those of a line.
fn parse_time(text: &str) -> Result<String, &'static str> {
    match utc::is_beginning(text) {
        true => Ok(text.trim_end_matches('Z').to_owned()),
        false => {
            Err("must be a moment in UTC, such as 2026-04-03, 2026-04-03T11:50Z or 2026-04-03T11:50:00.123Z")
        }
    }
}

fn for_people(fields: &Value) -> String {
    let text = |name: &str| fields[name].as_str().unwrap_or("-").to_owned();
    if let Some(lost) = fields["lost"].as_u64() {
        return format!("{} {lost} lines are missing before this one", text("time"));
    }
    let who = fields["identifier"].as_str().unwrap_or("(operator)");
    let whose = fields["user"].as_str().or(fields["chat_group"].as_str()).unwrap_or("-");
    let outcome = match fields["revision"].as_u64() {
        Some(revision) => format!("revision {revision}"),
        None => "perhaps".to_owned(),
    };
    let (time, from, call, app) = (text("time"), text("address"), text("call"), &fields["sdkappid"]);
    let changed = changes(&fields["changed"]).join("; ");
    format!("{time} {app} {who} from {from}: {call} of {whose}, {outcome}: {changed}")
}

/// What was changed, a text each.
fn changes(changed: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    for name in ["account", "chat_group"] {
        if let Some(what) = changed[name].as_str() {
            texts.push(format!("{} {what}", name.replace('_', " ")));
        }
    }
    for group in changed["groups"].as_array().into_iter().flatten() {
        let what = group["change"].as_str().unwrap_or_default();
        let before =
            if group["old_name"].is_null() { String::new() } else { format!(" from {}", group["old_name"]) };
        texts.push(format!("group {} {} {what}{before}", group["id"], group["name"]));
    }
    for conversation in changed["conversations"].as_array().into_iter().flatten() {
        let peer = conversation["user"].as_str().or(conversation["chat_group"].as_str()).unwrap_or("-");
        let mut parts = Vec::new();
        for (name, word) in [("joined", "joined"), ("left", "left"), ("set", "set"), ("cleared", "cleared")] {
            if conversation[name].is_array() {
                parts.push(format!("{word} {}", conversation[name]));
            }
        }
        if let Some(custom) = conversation["custom"].as_str() {
            parts.push(format!("custom mark {custom}"));
        }
        texts.push(format!("{peer} {}", parts.join(", ")));
    }
    if let Some(what) = changed["dead_letter"].as_str() {
        texts.push(format!("dead letter {what}"));
    }
    if let Some(more) = changed["more_conversations"].as_u64() {
        texts.push(format!("and {more} more conversations"));
    }
    texts
}
