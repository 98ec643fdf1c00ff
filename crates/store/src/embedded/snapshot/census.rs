//! Counting what is in a copy of the map while its bytes pass by.
//!
//! A copy without free pages consists of two meta pages, the pages of the tree, and overflow pages behind their first
//! one. So every leaf can be read for itself as it comes, and the sum has to be what the meta page says.

use foldmark_core::subject::AppId;

use crate::SnapshotFacts;
use crate::embedded::env::FORMAT_WORD;
use crate::embedded::scan::layout::{self, LEAF, META_PAGES, Meta, OVERFLOW};
use crate::key;

/// The smallest page that there can be, which holds all of a meta page.
const LEAST_PAGE: usize = 512;

/// A count under way.
#[derive(Default)]
pub struct Census {
    facts: SnapshotFacts,
    entries: u64,
    /// Zero until the first page has told it.
    page_bytes: usize,
    /// The number of the next page.
    page: u64,
    /// Pages to come that are the rest of a long value.
    overflow: u64,
    /// What the second meta page promises: entries and pages.
    promised: Option<(u64, u64)>,
    /// The beginning of a page whose end is still to come.
    rest: Vec<u8>,
    problem: Option<String>,
}

impl Census {
    /// Takes the bytes that come next.
    pub fn take(&mut self, mut bytes: &[u8]) {
        self.facts.bytes += bytes.len() as u64;
        if self.problem.is_some() {
            return;
        }
        if self.page_bytes == 0 {
            self.rest.extend_from_slice(bytes);
            if self.rest.len() < LEAST_PAGE {
                return;
            }
            let Some(meta) = Meta::read(&self.rest, 0) else {
                self.problem = Some("it does not begin as a database".to_owned());
                return;
            };
            self.page_bytes = meta.page_bytes;
            let begun = std::mem::take(&mut self.rest);
            return self.pages(&begun);
        }
        if !self.rest.is_empty() {
            let missing = (self.page_bytes - self.rest.len()).min(bytes.len());
            let (now, later) = bytes.split_at(missing);
            self.rest.extend_from_slice(now);
            bytes = later;
            if self.rest.len() < self.page_bytes {
                return;
            }
            let page = std::mem::take(&mut self.rest);
            self.pages(&page);
        }
        self.pages(bytes);
    }

    /// What was counted; an `Err` says why the bytes are no whole copy.
    pub fn finish(self) -> Result<SnapshotFacts, String> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if !self.rest.is_empty() || self.overflow > 0 {
            return Err("it ends within a page".to_owned());
        }
        let Some((entries, pages)) = self.promised else {
            return Err("it ends before its second meta page".to_owned());
        };
        if (entries, pages) != (self.entries, self.page) {
            return Err(format!(
                "it promises {entries} entries on {pages} pages and has {} on {}",
                self.entries, self.page
            ));
        }
        if self.facts.data_format == 0 {
            return Err("it does not say which format of data it has".to_owned());
        }
        Ok(self.facts)
    }

    /// Counts whole pages, and keeps what is behind them.
    fn pages(&mut self, bytes: &[u8]) {
        let mut pages = bytes.chunks_exact(self.page_bytes);
        for page in pages.by_ref() {
            if let Err(problem) = self.page(page) {
                self.problem = Some(format!("page {}: {problem}", self.page));
                return;
            }
            self.page += 1;
        }
        self.rest.extend_from_slice(pages.remainder());
    }

    fn page(&mut self, page: &[u8]) -> Result<(), &'static str> {
        if self.page < META_PAGES {
            let meta = Meta::read(page, self.page).ok_or("it is no meta page")?;
            self.promised = Some((meta.main.counts.entries, meta.last_page + 1));
            return Ok(());
        }
        if self.overflow > 0 {
            self.overflow -= 1;
            return Ok(());
        }
        if layout::u64_at(page, 0) != self.page {
            return Err("it has the number of another one");
        }
        match layout::u16_at(page, 10) {
            OVERFLOW => {
                let pages = u64::from(layout::u32_at(page, 12));
                self.overflow = pages.checked_sub(1).ok_or("it is the first of no pages")?;
            }
            LEAF => {
                for node in layout::nodes(page, true).ok_or("its entries do not fill it")? {
                    self.entries += 1;
                    self.entry(node.key, node.rest);
                }
            }
            layout::BRANCH => {}
            _ => return Err("it is of no kind that a copy has"),
        }
        Ok(())
    }

    fn entry(&mut self, key: &[u8], value: &[u8]) {
        if key == key::FORMAT {
            let version = value.strip_prefix(FORMAT_WORD).and_then(|version| version.try_into().ok());
            self.facts.data_format = version.map_or(0, u32::from_be_bytes);
            return;
        }
        let Some((number, rest)) = key.split_first_chunk() else { return };
        let Some(app) = AppId::new(u32::from_be_bytes(*number)) else { return };
        if rest.first() == Some(&key::CHAT_GROUP) {
            self.facts.chat_groups += 1;
        } else if key::user_of_head(key).is_some() {
            self.facts.users += 1;
        } else {
            return;
        }
        self.facts.applications.insert(app.get());
    }
}
