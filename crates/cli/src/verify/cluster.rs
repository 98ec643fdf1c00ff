//! The same checks on a store that is a cluster, as far as a client of the cluster sees it: every value, and what is
//! kept twice. Whether copies agree with each other is for the cluster's own repair.

use foldmark_core::subject::{AppId, Subject, SubjectKind};
use foldmark_server::config::{AppSettings, StoreSettings};
use foldmark_server::open_store;
use foldmark_store::{Select, Store, StoreError, SubjectEntry, WalkFrom};
use foldmark_wire::transfer::Totals;
use futures_util::stream::{StreamExt, iter};

use super::report::Report;
use super::subject;
use crate::failure::Failure;

/// Subjects of a page, and users that are read at a time.
const PAGE: usize = 256;
const READS: usize = 16;

/// Checks all subjects of these applications.
pub(super) async fn verify(settings: &StoreSettings, apps: &[AppSettings]) -> Result<Report, Failure> {
    let store = open_store(settings).await.map_err(Failure::failed)?;
    let mut report = Report::default();
    let mut totals = Totals::default();
    let mut entries = 0;
    for app in apps {
        for kind in [SubjectKind::ChatGroup, SubjectKind::User] {
            let walked = walk(&*store, app.app, kind, &mut report, &mut totals, &mut entries).await;
            walked.map_err(Failure::failed)?;
        }
    }
    report.take(&format!("digest {}", String::from(totals.digest)));
    report.take(&format!("done {entries} changed"));
    store.close().await;
    Ok(report)
}

async fn walk(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
    report: &mut Report,
    totals: &mut Totals,
    entries: &mut usize,
) -> Result<(), StoreError> {
    let mut from = Some(WalkFrom::Start);
    while let Some(here) = from {
        let page = store.walk(app, kind, &here, PAGE).await?;
        let mut reads = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            reads.push(read(store, app, kind, entry));
        }
        let mut read = iter(reads).buffered(READS);
        while let Some((subject, stored)) = read.next().await.transpose()? {
            *entries += 1 + stored.rows().len();
            subject::check(subject, &stored, totals, &mut |line| report.take(line));
        }
        drop(read);
        from = page.next;
    }
    Ok(())
}

async fn read<'a>(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
    entry: &'a SubjectEntry,
) -> Result<(Subject<'a>, foldmark_core::stored::Stored), StoreError> {
    let subject = Subject::parse(app, kind, &entry.id)
        .map_err(|error| StoreError::Corrupt(format!("{:?} of application {app}: {error}", entry.id)))?;
    Ok((subject, store.view(subject, Select::All).await?))
}
