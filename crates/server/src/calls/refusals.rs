//! What a refusal of the rules is called on the wire: code and text, in the words of the call that was made.

use foldmark_core::decision::Refusal;
use foldmark_wire::{CallName, Code, Fault};

/// The documented code for `refusal` of the call `name`, with a text that names the field and the limit.
pub(super) fn fault(name: CallName, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::UserUnknown => match name {
            CallName::AccountDelete => Code::NoSuchAccount.into(),
            _ => Fault::new(Code::NotImported, "From_Account names an account that is not imported"),
        },
        Refusal::PeerUnknown => {
            Fault::new(Code::NotImported, "To_Account names an account that is not imported")
        }
        Refusal::ChatGroupUnknown => Fault::new(
            Code::ChatGroupUnresolved,
            "ToGroupId names a chat group that does not exist or was disbanded",
        ),
        Refusal::SearchedChatGroupUnknown { index } => Fault::new(
            Code::ChatGroupUnresolved,
            format!("ContactItem[{index}].ToGroupId names a chat group that does not exist or was disbanded"),
        ),
        Refusal::TooManyGrouped { limit } => Fault::new(
            Code::ContactQuota,
            format!("a user may have at most {limit} conversations in conversation groups"),
        ),
        Refusal::TooManyMarked { limit } => {
            Fault::new(Code::ContactQuota, format!("a user may have at most {limit} marked conversations"))
        }
        Refusal::RecordNumbersUsedUp => {
            Fault::new(Code::ContactQuota, "the user has used up the numbers for records of conversations")
        }
        Refusal::GroupUnknown => {
            let field = match name {
                CallName::DelContactGroup => "GroupName[0]",
                CallName::ListConversations => "GroupName",
                _ => "UpdateGroup.OldGroupName",
            };
            Fault::new(Code::NoSuchContactGroup, format!("{field} names no conversation group of the user"))
        }
        Refusal::TooManyGroups { limit } => Fault::new(
            Code::ContactGroupQuota,
            format!("a user may have at most {limit} conversation groups"),
        ),
        Refusal::GroupIdsUsedUp => {
            Fault::new(Code::ContactGroupQuota, "the user has used up the ids for conversation groups")
        }
        Refusal::GroupNameEmpty => {
            Fault::new(Code::ContactGroupName, format!("{} must not be empty", new_name_field(name)))
        }
        Refusal::GroupNameTooLong { limit } => Fault::new(
            Code::ContactGroupName,
            format!("{} must be at most {limit} bytes", new_name_field(name)),
        ),
        Refusal::GroupNameTaken => Fault::new(
            Code::Parameter,
            "UpdateGroup.NewGroupName is the name of another conversation group of the user",
        ),
        Refusal::OwnerUnknown => {
            Fault::new(Code::MemberNotImported, "Owner_Account names an account that is not imported")
        }
        Refusal::ChatGroupTaken { same_owner: true } => {
            Fault::new(Code::ChatGroupExists, "GroupId names a chat group that this owner has already")
        }
        Refusal::ChatGroupTaken { same_owner: false } => {
            Fault::new(Code::ChatGroupIdTaken, "GroupId is taken by another chat group")
        }
        Refusal::NoSuchChatGroup => Fault::new(
            Code::NoSuchChatGroup,
            "GroupId names a chat group that does not exist or was disbanded",
        ),
        Refusal::ListedGroupUnknown { index } => {
            let field = match name {
                CallName::SetGroupEx => format!("GroupItem[{index}].GroupName"),
                _ => format!("GroupName[{index}]"),
            };
            Fault::new(Code::NoSuchContactGroup, format!("{field} names no conversation group of the user"))
        }
        Refusal::GroupTwice { index } => {
            Fault::new(Code::Parameter, format!("GroupName[{index}] names a group that was named before"))
        }
        Refusal::LayoutTooLarge { conversations, limit } => Fault::new(
            Code::ContactQuota,
            format!(
                "From_Account has {conversations} conversations with groups or marks, and at most {limit} can be \
                 copied"
            ),
        ),
        Refusal::RevisionChanged { present } => {
            Fault::new(Code::RevisionChanged, format!("the user is at revision {present}"))
        }
        Refusal::KeyReused => Code::KeyReused.into(),
        Refusal::Occupied | Refusal::TooLarge { .. } => {
            unreachable!("no call of the protocol puts a whole subject")
        }
    }
}

/// Whether a refusal comes from a limit that a user or an application has.
pub(super) fn is_limit(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::TooManyGrouped { .. }
            | Refusal::TooManyMarked { .. }
            | Refusal::TooManyGroups { .. }
            | Refusal::RecordNumbersUsedUp
            | Refusal::GroupIdsUsedUp
            | Refusal::GroupNameTooLong { .. }
            | Refusal::LayoutTooLarge { .. }
    )
}

fn new_name_field(name: CallName) -> &'static str {
    match name {
        CallName::CreateContactGroup => "GroupContactItem[0].GroupName",
        _ => "UpdateGroup.NewGroupName",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_field_and_limit() {
        let fault = |name, refusal| fault(name, refusal).to_string();
        assert_eq!(
            fault(CallName::CreateContactGroup, Refusal::GroupNameTooLong { limit: 64 }),
            "GroupContactItem[0].GroupName must be at most 64 bytes (51011)"
        );
        assert_eq!(
            fault(CallName::UpdateContactGroup, Refusal::GroupNameEmpty),
            "UpdateGroup.NewGroupName must not be empty (51011)"
        );
        assert_eq!(
            fault(CallName::DelContactGroup, Refusal::GroupUnknown),
            "GroupName[0] names no conversation group of the user (51009)"
        );
        assert_eq!(
            fault(CallName::MarkContact, Refusal::TooManyMarked { limit: 1000 }),
            "a user may have at most 1000 marked conversations (51008)"
        );
    }
}
