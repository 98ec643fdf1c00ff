//! One subject of a walk: read, checked, counted, and told in a line.

use foldmark_core::command::Reads;
use foldmark_core::format::record::Row;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{Subject, SubjectKind};
use foldmark_core::verify;
use foldmark_core::view::View;
use foldmark_server::transfer::line_of;
use foldmark_wire::transfer::Totals;

/// Checks a whole subject and hands what is to be told to `say`; see [`super::walk`] for the lines.
pub(super) fn check(subject: Subject<'_>, stored: &Stored, totals: &mut Totals, say: &mut dyn FnMut(&str)) {
    let view = match View::decode(subject, stored, Reads::Whole) {
        Ok(view) => view,
        Err(corrupt) => return say(&problem(&corrupt.to_string())),
    };
    for found in verify::check(&view) {
        say(&problem(&format!("{}: {found}", name(subject))));
    }
    if let Some(line) = line_of(&view) {
        totals.add(&line, &line.to_text());
    }
    let records = view.records().count();
    let removals = view.rows().iter().filter(|(_, row)| matches!(row, Row::Removal(_))).count();
    let kind = match subject.kind() {
        SubjectKind::User => "user",
        SubjectKind::ChatGroup => "chat_group",
    };
    say(&format!("{kind} {records} {removals} {}", name(subject)));
}

/// The line of a problem.
pub(super) fn problem(text: &str) -> String {
    format!("problem {}", text.replace(['\n', '\r'], " "))
}

fn name(subject: Subject<'_>) -> String {
    let kind = match subject.kind() {
        SubjectKind::User => "user",
        SubjectKind::ChatGroup => "chat group",
    };
    format!("{kind} {:?} of application {}", subject.id_str(), subject.app)
}
