//! One page of an application's subjects, as lines.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use foldmark_core::command::Reads;
use foldmark_core::subject::{AppId, Subject, SubjectKind};
use foldmark_core::view::View;
use foldmark_store::{Page, Select, SubjectEntry, WalkFrom};
use foldmark_wire::transfer::{Checkpoint, Failure, Line, Totals};
use futures_util::stream::{StreamExt, iter};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::execute::ExecuteError;
use crate::gate::Gate;
use crate::limits;
use crate::transfer::line_of;

/// Which page is meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// The application.
    pub(crate) sdkappid: u32,
    /// Which kind of subjects.
    pub(crate) kind: Kind,
    /// From an earlier page; absent for the first one.
    pub(crate) cursor: Option<String>,
    /// Subjects on the page, at most.
    pub(crate) limit: Option<usize>,
}

/// A kind of subjects, by its name in queries.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Users.
    Users,
    /// Chat groups.
    ChatGroups,
}

impl From<Kind> for SubjectKind {
    fn from(kind: Kind) -> SubjectKind {
        match kind {
            Kind::Users => SubjectKind::User,
            Kind::ChatGroups => SubjectKind::ChatGroup,
        }
    }
}

impl PageQuery {
    /// Where the page starts; `None` if the cursor cannot be one.
    pub(crate) fn from(&self) -> Option<WalkFrom> {
        match &self.cursor {
            None => Some(WalkFrom::Start),
            Some(text) => URL_SAFE_NO_PAD.decode(text).ok().map(WalkFrom::Cursor),
        }
    }
}

/// Sends the lines of the page that starts at `from`, each with its end of line, and a checkpoint as the last one. If
/// it cannot go on, the last line says so. Stops when nobody listens any more.
pub(crate) async fn page(
    gate: Arc<Gate>,
    app: AppId,
    query: PageQuery,
    from: WalkFrom,
    lines: mpsc::Sender<Bytes>,
) {
    let last = match send_page(&gate, app, &query, &from, &lines).await {
        Ok(checkpoint) => Line::Checkpoint(checkpoint),
        Err(error) => {
            tracing::error!(%error, %app, "an export cannot go on");
            Line::Failed(Failure { reason: error.to_string().into() })
        }
    };
    let _ = lines.send(end_line(last.to_text())).await;
}

/// How many subjects there are.
pub(crate) async fn count(gate: &Gate, app: AppId, kind: SubjectKind) -> Result<u64, ExecuteError> {
    let mut count = 0;
    let mut from = Some(WalkFrom::Start);
    while let Some(here) = from {
        let page = gate.executor().store().walk(app, kind, &here, limits::WALK_PAGE).await?;
        count += page.entries.len() as u64;
        from = page.next;
    }
    Ok(count)
}

/// The line of one subject, without its end; `None` if nothing was ever written.
pub(crate) async fn one(gate: &Gate, subject: Subject<'_>) -> Result<Option<String>, ExecuteError> {
    let stored = gate.executor().store().view(subject, Select::All).await?;
    let view = View::decode(subject, &stored, Reads::Whole)?;
    Ok(line_of(&view).map(|line| line.to_text()))
}

async fn send_page(
    gate: &Gate,
    app: AppId,
    query: &PageQuery,
    from: &WalkFrom,
    lines: &mpsc::Sender<Bytes>,
) -> Result<Checkpoint, ExecuteError> {
    let kind = query.kind.into();
    let limit = query.limit.unwrap_or(limits::EXPORT_PAGE).clamp(1, limits::EXPORT_PAGE);
    let Page { entries, next } = gate.executor().store().walk(app, kind, from, limit).await?;
    let mut totals = Totals::default();
    let mut subjects = iter(entries)
        .map(|entry| async move { read(gate, app, kind, &entry).await })
        .buffered(limits::EXPORT_READS);
    while let Some(read) = subjects.next().await {
        let Some((text, more)) = read? else { continue };
        totals += more;
        if lines.send(end_line(text)).await.is_err() {
            break;
        }
    }
    let next = next.map(|next| match next {
        WalkFrom::Cursor(cursor) => URL_SAFE_NO_PAD.encode(cursor),
        WalkFrom::Start => String::new(),
        WalkFrom::At(_) => unreachable!("a page leads to a cursor"),
    });
    Ok(Checkpoint { next, totals })
}

/// The line of one subject, and what it adds to the totals.
async fn read(
    gate: &Gate,
    app: AppId,
    kind: SubjectKind,
    entry: &SubjectEntry,
) -> Result<Option<(String, Totals)>, ExecuteError> {
    let subject = Subject::parse(app, kind, &entry.id).map_err(|error| {
        foldmark_store::StoreError::Corrupt(format!("{:?} of application {app}: {error}", entry.id))
    })?;
    let whole;
    let stored = match kind {
        SubjectKind::User => {
            whole = gate.executor().store().view(subject, Select::All).await?;
            &whole
        }
        SubjectKind::ChatGroup => &entry.stored,
    };
    let view = View::decode(subject, stored, Reads::Whole)?;
    Ok(line_of(&view).map(|line| {
        let text = line.to_text();
        let mut totals = Totals::default();
        totals.add(&line, &text);
        (text, totals)
    }))
}

fn end_line(mut text: String) -> Bytes {
    text.push('\n');
    text.into()
}
