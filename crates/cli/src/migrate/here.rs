//! The Foldmark's side: walking over its users and chat groups, and putting some.

use std::time::Duration;

use bytes::Bytes;
use foldmark_server::config::{AppSettings, Settings, StoreSettings};
use foldmark_wire::transfer::{Imported, Line, Outcome};

use crate::failure::Failure;
use crate::transfer::pages::{PageLines, unreadable};
use crate::transfer::target::Target;

/// Subjects on a page: few, so that little time passes between reading a user and putting him.
const PAGE: u32 = 64;
/// Lines that are put at once.
const BATCH: usize = 256;
/// The pause before lines are put a second time that the store could not take.
const PAUSE: Duration = Duration::from_millis(300);

/// An application of a Foldmark.
pub(super) struct Here {
    target: Target,
    pub(super) app: AppSettings,
}

impl Here {
    /// The application `sdkappid` of the configured Foldmark. Without `makes`, there has to be one.
    pub(super) async fn open(settings: Settings, makes: bool, sdkappid: u32) -> Result<Here, Failure> {
        let target = Target::open(settings, makes).await?;
        match application(&target.apps, sdkappid) {
            Ok(app) => Ok(Here { target, app }),
            Err(failure) => {
                target.close().await;
                Err(failure)
            }
        }
    }

    /// What is behind it, in words.
    pub(super) fn place(&self) -> &str {
        &self.target.place
    }

    pub(super) fn sdkappid(&self) -> u32 {
        self.app.app.get()
    }

    /// How many subjects of `kind` there are.
    pub(super) async fn count(&self, kind: &str) -> Result<u64, Failure> {
        self.target.count(self.sdkappid(), kind).await
    }

    /// A walk over all subjects of `kind`.
    pub(super) fn walk(&self, kind: &str) -> Walk<'_> {
        let path = format!("/v1/subjects?sdkappid={}&kind={kind}&limit={PAGE}", self.sdkappid());
        Walk { target: &self.target, next: Some(path.clone()), path }
    }

    /// Puts some lines. Gives back, for each, why it was refused.
    pub(super) async fn put(&self, lines: &[String], replace: bool) -> Result<Vec<Option<String>>, Failure> {
        let mut refusals = Vec::with_capacity(lines.len());
        for batch in lines.chunks(BATCH) {
            refusals.extend(self.put_batch(batch, replace).await?);
        }
        Ok(refusals)
    }

    async fn put_batch(&self, lines: &[String], replace: bool) -> Result<Vec<Option<String>>, Failure> {
        let body = Bytes::from(lines.join("\n"));
        let reply = self.target.put_patiently(body, lines.len(), replace, PAUSE).await?;
        let refused = |result: Imported<'static>| {
            (result.outcome == Outcome::Refused).then(|| result.reason.into_owned())
        };
        Ok(reply.results.into_iter().map(refused).collect())
    }

    pub(super) async fn close(self) {
        self.target.close().await;
    }
}

/// Whether there is a Foldmark to look at: a data folder that does not exist yet is an empty one.
pub(super) fn exists(settings: &Settings) -> bool {
    match &settings.store {
        StoreSettings::Embedded(embedded) => embedded.path.exists(),
        StoreSettings::Memory | StoreSettings::Cassandra(_) => true,
    }
}

/// The application `sdkappid` among those that there are.
pub(super) fn application(apps: &[AppSettings], sdkappid: u32) -> Result<AppSettings, Failure> {
    let found = apps.iter().find(|app| app.app.get() == sdkappid).cloned();
    found.ok_or_else(|| {
        let others: Vec<String> = apps.iter().map(|app| app.app.to_string()).collect();
        Failure::usage(format!(
            "the Foldmark has no application {sdkappid}, but {}: configure it, or give --local-sdkappid",
            others.join(", ")
        ))
    })
}

/// A walk over the subjects of one kind.
pub(super) struct Walk<'a> {
    target: &'a Target,
    path: String,
    /// Where the next page is.
    next: Option<String>,
}

impl Walk<'_> {
    /// The lines of the next page; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, Failure> {
        let Some(path) = self.next.take() else { return Ok(None) };
        let mut lines = PageLines::new(self.target.get(&path).await?);
        let mut texts = Vec::new();
        loop {
            let text = lines.next().await?;
            match parse(&text)? {
                Line::User(_) | Line::ChatGroup(_) => texts.push(text),
                Line::Checkpoint(checkpoint) => {
                    self.next = checkpoint.next.map(|cursor| format!("{}&cursor={cursor}", self.path));
                    return Ok(Some(texts));
                }
                Line::Failed(failure) => return Err(Failure::failed(failure.reason)),
                Line::Export(_) | Line::End(_) => return Err(unreadable(&"it is out of place")),
            }
        }
    }
}

/// A line of a page.
pub(super) fn parse(text: &str) -> Result<Line<'_>, Failure> {
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}
