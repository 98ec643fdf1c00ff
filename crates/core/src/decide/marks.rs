//! The rules of standard and custom marks.

use crate::command::MarkItem;
use crate::decide::draft::Draft;
use crate::decide::groups::check_peer;
use crate::decision::{ItemResult, Reply};
use crate::mark::{CustomMark, StandardMark};

/// Sets and clears marks, in order.
pub(super) fn mark<'a>(draft: &mut Draft<'a>, items: &[MarkItem<'a>]) -> Reply<'a> {
    Reply::Marked { results: items.iter().map(|item| mark_one(draft, item)).collect() }
}

/// Clears, then sets: a bit in both lists ends set.
fn mark_one<'a>(draft: &mut Draft<'a>, item: &MarkItem<'a>) -> ItemResult {
    if !item.only_removes() {
        check_peer(draft.view(), item.conversation)?;
    }
    let mut content = draft.content(item.conversation);
    content.standard_mark = StandardMark(content.standard_mark.0 & !item.clear | item.set);
    if let Some(custom) = item.custom {
        content.custom_mark = CustomMark::parse(custom, usize::MAX).expect("its length was checked before");
    }
    draft.put(item.conversation, content)
}
