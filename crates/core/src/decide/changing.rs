//! How commands that change groups and records of a user are carried out: on a draft, with room made where there is
//! none, and many of them together.

use crate::command::{Command, Reads};
use crate::decide::draft::Draft;
use crate::decide::{groups, layouts, marks, refuse};
use crate::decision::{Decision, ItemResult, Refusal, Reply, Verdict};
use crate::mark::GroupId;
use crate::policy::{Context, Registration};
use crate::view::View;

/// Decides a command that changes groups and records. If it meets a full limit, the records about disbanded chat groups
/// are removed first and it is carried out again, in one commit; unless that helps nothing of it.
pub(super) fn change<'a>(view: &'a View<'a>, context: &Context, command: &Command<'a>) -> Verdict<'a> {
    let mut draft = Draft::new(view, context);
    let mut outcome = carry_out(&mut draft, command);
    if lacks_room(&outcome) && context.policy.chat_groups == Registration::Registered {
        if view.reads < Reads::WholeWithChatGroups {
            return Verdict::Needs(Reads::WholeWithChatGroups);
        }
        let mut roomier = Draft::new(view, context);
        roomier.remove_disbanded();
        let retried = carry_out(&mut roomier, command);
        if helped(&outcome, &retried) {
            (draft, outcome) = (roomier, retried);
        }
    }
    match outcome {
        Err(refusal) => refuse(refusal),
        Ok(reply @ Reply::NotApplied { .. }) => Verdict::Decided(Decision::new(reply, None)),
        Ok(reply) => finish(draft, reply),
    }
}

/// Ends a command that was carried out on `draft`.
pub(super) fn finish<'a>(draft: Draft<'a>, reply: Reply<'a>) -> Verdict<'a> {
    match draft.finish() {
        Ok(changes) => Verdict::Decided(Decision::new(reply, changes)),
        Err(reads) => Verdict::Needs(reads),
    }
}

fn carry_out<'a>(draft: &mut Draft<'a>, command: &Command<'a>) -> Result<Reply<'a>, Refusal> {
    match command {
        Command::CreateGroup { name, members } => groups::create(draft, name, members),
        Command::RenameGroup { old, new } => groups::rename(draft, old, new),
        Command::ChangeMembers { group, changes } => groups::change_members(draft, group, changes),
        Command::DeleteGroup { name } => groups::delete(draft, name),
        Command::Mark { items } => Ok(marks::mark(draft, items)),
        Command::SetGroupOrder { names } => groups::order(draft, names),
        Command::SetGroupEx { items } => groups::set_ex(draft, items),
        Command::CopyLayout { layout } => layouts::copy(draft, layout),
        Command::Apply { commands } => Ok(apply(draft, commands)),
        _ => unreachable!("no command that changes groups and records"),
    }
}

/// Carries out commands one after the other, up to the first that is refused, or of which an item is.
fn apply<'a>(draft: &mut Draft<'a>, commands: &[Command<'a>]) -> Reply<'a> {
    let mut ids = Vec::with_capacity(commands.len());
    for (index, command) in commands.iter().enumerate() {
        let refused = |item, refusal| Reply::NotApplied { command: index, item, refusal };
        let reply = match carry_out(draft, command) {
            Ok(reply) => reply,
            Err(refusal) => return refused(None, refusal),
        };
        for (item, result) in results(&reply).iter().enumerate() {
            if let Err(refusal) = result {
                return refused(Some(item), *refusal);
            }
        }
        ids.push(group_id(&reply));
    }
    Reply::Applied { ids }
}

/// The results of a reply's items.
fn results<'r>(reply: &'r Reply<'_>) -> &'r [ItemResult] {
    match reply {
        Reply::GroupCreated { results, .. }
        | Reply::MembersChanged { results, .. }
        | Reply::Marked { results } => results,
        _ => &[],
    }
}

/// The group that a command was about.
fn group_id(reply: &Reply<'_>) -> Option<GroupId> {
    match reply {
        Reply::GroupCreated { id, .. }
        | Reply::GroupRenamed { id }
        | Reply::MembersChanged { id, .. }
        | Reply::GroupDeleted { id } => Some(*id),
        _ => None,
    }
}

fn lacks_room(outcome: &Result<Reply<'_>, Refusal>) -> bool {
    match outcome {
        Err(refusal) => refusal.is_about_room(),
        Ok(Reply::NotApplied { refusal, .. }) => refusal.is_about_room(),
        Ok(reply) => results(reply).iter().any(|result| result.is_err_and(Refusal::is_about_room)),
    }
}

/// Whether something came out better with more room.
fn helped(without: &Result<Reply<'_>, Refusal>, with: &Result<Reply<'_>, Refusal>) -> bool {
    match (without, with) {
        (Err(_) | Ok(Reply::NotApplied { .. }), Ok(Reply::NotApplied { .. })) | (_, Err(_)) => false,
        (Err(_) | Ok(Reply::NotApplied { .. }), Ok(_)) => true,
        (Ok(without), Ok(with)) => results(without) != results(with),
    }
}
