//! Which conversations of a user are shown.

use super::sheet::Row;
use crate::console::fields::{Fields, query};

/// What is looked for. What is empty lets everything through.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Part of the other side's id, or of the custom mark, whatever the case.
    pub(super) text: String,
    /// The name of a group.
    pub(super) group: String,
    /// A bit of the standard mark.
    pub(super) bit: Option<u8>,
    /// A whole custom mark.
    pub(super) custom_mark: String,
}

impl Filter {
    pub(super) fn of(asked: &Fields) -> Filter {
        Filter {
            text: asked.get("text").trim().to_owned(),
            group: asked.get("group").to_owned(),
            bit: asked.number("bit").filter(|bit| *bit < 64),
            custom_mark: asked.get("custom").to_owned(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.group.is_empty() && self.bit.is_none() && self.custom_mark.is_empty()
    }

    pub(super) fn admits(&self, row: &Row) -> bool {
        let text = self.text.to_lowercase();
        let has = |value: &str| value.to_lowercase().contains(&text);
        (text.is_empty() || has(&row.peer) || has(&row.custom_mark))
            && (self.group.is_empty() || row.groups.contains(&self.group))
            && self.bit.is_none_or(|bit| row.bits >> bit & 1 == 1)
            && (self.custom_mark.is_empty() || row.custom_mark == self.custom_mark)
    }

    /// The query of a page of what this lets through.
    pub(super) fn query(&self, id: &str, page: usize) -> String {
        let bit = self.bit.map(|bit| bit.to_string()).unwrap_or_default();
        let page = page.to_string();
        let all = [
            ("id", id),
            ("text", &self.text),
            ("group", &self.group),
            ("bit", &bit),
            ("custom", &self.custom_mark),
            ("page", &page),
        ];
        let given: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        query(&given)
    }

    /// Whether this bit is looked for.
    pub(super) fn is_bit(&self, bit: &u8) -> bool {
        self.bit == Some(*bit)
    }
}
