//! The rules of putting whole subjects: importing and restoring.
//!
//! Nobody is asked whether peers exist: an image is what another store held, and its conversations may be put before
//! those whom they name. The application's limits do not refuse an image either, only what would be added to it later;
//! the ceilings hold.

use crate::changes::Changes;
use crate::decide::draft::Draft;
use crate::decide::{answer, chat_groups, refuse};
use crate::decision::{Decision, Refusal, Reply, Verdict};
use crate::image::{ChatGroupImage, UserImage};
use crate::limits;
use crate::policy::Context;
use crate::view::View;

/// Puts a whole user. Putting the same again changes nothing, so that an import that was cut off can be repeated.
pub(super) fn put_user<'a>(
    view: &'a View<'a>,
    context: &Context,
    image: &'a UserImage<'a>,
    replace: bool,
) -> Verdict<'a> {
    if let Some(present) = UserImage::of(view) {
        if present.covers(image) {
            return answer(Reply::Done);
        }
        let parts = present.parts();
        let is_empty = parts.groups.is_empty() && parts.records.is_empty();
        if !is_empty && !replace {
            return refuse(Refusal::Occupied);
        }
    }
    let changes = Draft::new(view, context).become_image(image);
    let bytes = commit_bytes(&changes);
    if bytes > limits::COMMIT_BYTES {
        return refuse(Refusal::TooLarge { bytes, limit: limits::COMMIT_BYTES });
    }
    Verdict::Decided(Decision::new(Reply::Done, Some(changes)))
}

/// Gives a user another incarnation. One that was never written has none.
pub(super) fn renew<'a>(view: &'a View<'a>, context: &Context) -> Verdict<'a> {
    if view.user().is_none() {
        return answer(Reply::Done);
    }
    let changes = Draft::new(view, context).renew();
    Verdict::Decided(Decision::new(Reply::Done, Some(changes)))
}

/// Puts a whole chat group. One that was disbanded gives way to any other.
pub(super) fn put_chat_group<'a>(view: &'a View<'a>, image: &ChatGroupImage, replace: bool) -> Verdict<'a> {
    if let Some(present) = view.chat_group() {
        if present == image.head() {
            return answer(Reply::Done);
        }
        if !replace && present.alive {
            return refuse(Refusal::Occupied);
        }
    }
    chat_groups::commit(view, image.head())
}

/// What a commit takes in the largest message of a cluster store, at most.
fn commit_bytes(changes: &Changes) -> usize {
    let rows = changes.rows.iter();
    let rows =
        rows.map(|row| row.key.len() + row.value.as_ref().map_or(0, Vec::len) + limits::ROW_OVERHEAD_BYTES);
    changes.head.len() + rows.sum::<usize>()
}
