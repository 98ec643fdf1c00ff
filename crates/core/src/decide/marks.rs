//! The rules of standard and custom marks.

use crate::command::MarkItem;
use crate::decide::draft::Draft;
use crate::decide::groups::{check_peer, with_room};
use crate::decision::{ItemResult, Reply, Verdict};
use crate::mark::{CustomMark, StandardMark};
use crate::policy::Context;
use crate::view::View;

/// Sets and clears marks, in order.
pub(super) fn mark<'a>(view: &'a View<'a>, context: &Context, items: &[MarkItem<'a>]) -> Verdict<'a> {
    let run = |draft: &mut Draft<'a>| Ok(items.iter().map(|item| mark_one(view, draft, item)).collect());
    with_room(view, context, run, |_, results| Reply::Marked { results })
}

/// Clears, then sets: a bit in both lists ends set.
fn mark_one<'a>(view: &View<'a>, draft: &mut Draft<'a>, item: &MarkItem<'a>) -> ItemResult {
    if !item.only_removes() {
        check_peer(view, item.conversation)?;
    }
    let mut content = draft.content(item.conversation);
    content.standard_mark = StandardMark(content.standard_mark.0 & !item.clear | item.set);
    if let Some(custom) = item.custom {
        content.custom_mark = CustomMark::parse(custom, usize::MAX).expect("its length was checked before");
    }
    draft.put(item.conversation, content)
}
