//! Which codes a call answers with, for the whole call and for an item of it, as text for its description.

use std::fmt::Write;

use foldmark_wire::{CallName, Code};

use crate::calls::{internal_code, timed_out_code};
use crate::codes::documented;

/// The codes of a call: those that Foldmark answers with, and the numbers of those that only the hosted service does.
pub(super) fn describe(call: CallName) -> String {
    let whole = for_the_whole(call);
    let items = for_an_item(call);
    let mut text =
        String::from("Codes for the whole call (`ErrorCode`), and whether the call may be tried again:\n");
    write_table(&mut text, &whole);
    if !items.is_empty() {
        let field = if call == CallName::GetGroupInfo { "ErrorCode" } else { "ResultCode" };
        let _ = write!(text, "\nCodes for an item (its `{field}`):\n");
        write_table(&mut text, &items);
    }
    let mut others = String::new();
    for code in documented(call.into()) {
        if !whole.contains(&code) && !items.contains(&code) {
            let comma = if others.is_empty() { "" } else { ", " };
            let _ = write!(others, "{comma}{}", code.number());
        }
    }
    if call.service() == CallName::GetChanges.service() {
        let _ = write!(text, "\nThe emulator gives further codes when it is told to: {others}.");
        return text;
    }
    let _ = write!(
        text,
        "\nThe hosted service documents further codes for this call; of Foldmark only the emulator gives them, when it \
         is told to: {others}."
    );
    text
}

/// The codes of a watch, as it is refused or ends.
pub(super) fn describe_watch() -> String {
    let mut text =
        String::from("Codes (`ErrorCode`) of refusals and of the event `end`, and whether to come back:\n");
    write_table(&mut text, &for_a_watch());
    text
}

/// What refuses or ends a watch, in ascending order. It has no body, and goes on when its store fails for a while.
pub(super) fn for_a_watch() -> Vec<Code> {
    let mut codes: Vec<Code> = GATE.into_iter().filter(|code| *code != Code::JsonParse).collect();
    let call = CallName::GetChanges;
    codes.extend([call.parameter_code(), call.not_administrator_code(), Code::NotImported]);
    sorted(codes)
}

fn write_table(text: &mut String, codes: &[Code]) {
    text.push_str("\n| code | text | again |\n| --- | --- | --- |\n");
    for code in codes {
        let again = if code.is_retryable() { "yes" } else { "no" };
        let _ = writeln!(text, "| {} | {} | {again} |", code.number(), code.text());
    }
}

/// What refuses a call as a whole, in ascending order.
pub(super) fn for_the_whole(call: CallName) -> Vec<Code> {
    let mut codes = GATE.to_vec();
    codes.extend([
        call.parameter_code(),
        call.not_administrator_code(),
        internal_code(call),
        timed_out_code(call),
    ]);
    codes.extend(match call {
        CallName::CreateContactGroup => &[
            Code::NotImported,
            Code::AccountNotString,
            Code::ContactCount,
            Code::ContactGroupQuota,
            Code::ContactGroupName,
        ][..],
        CallName::UpdateContactGroup => &[
            Code::NotImported,
            Code::AccountNotString,
            Code::ContactCount,
            Code::NoSuchContactGroup,
            Code::ContactGroupName,
        ],
        CallName::DelContactGroup => &[Code::NotImported, Code::AccountNotString, Code::NoSuchContactGroup],
        CallName::MarkContact => &[Code::NotImported, Code::AccountNotString, Code::ContactCount],
        CallName::GetContactGroup => &[Code::NotImported, Code::AccountNotString],
        CallName::SearchContactGroup => {
            &[Code::NotImported, Code::AccountNotString, Code::ChatGroupUnresolved]
        }
        CallName::GetChanges => &[Code::NotImported, Code::AccountNotString, Code::CursorInvalid],
        CallName::ListGroups => &[Code::NotImported, Code::AccountNotString],
        CallName::SetGroupOrder | CallName::SetGroupEx | CallName::ListConversations => {
            &[Code::NotImported, Code::AccountNotString, Code::NoSuchContactGroup]
        }
        CallName::Apply => &[
            Code::NotImported,
            Code::AccountNotString,
            Code::ContactCount,
            Code::ChatGroupUnresolved,
            Code::ContactQuota,
            Code::NoSuchContactGroup,
            Code::ContactGroupQuota,
            Code::ContactGroupName,
        ],
        CallName::CopyLayout => &[Code::NotImported, Code::AccountNotString, Code::ContactQuota],
        CallName::CreateGroup => &[
            Code::TooManyMembers,
            Code::ChatGroupId,
            Code::MemberNotImported,
            Code::ChatGroupIdTaken,
            Code::ChatGroupExists,
        ],
        CallName::DestroyGroup => &[Code::NoSuchChatGroup, Code::ChatGroupId],
        CallName::AccountImport
        | CallName::MultiaccountImport
        | CallName::AccountCheck
        | CallName::AccountDelete
        | CallName::GetGroupInfo
        | CallName::GetAppidGroupList => &[],
    });
    if call.is_guarded() {
        codes.extend([Code::RevisionChanged, Code::KeyReused]);
    }
    sorted(codes)
}

/// What refuses an item of a call that goes on, in ascending order.
pub(super) fn for_an_item(call: CallName) -> Vec<Code> {
    sorted(match call {
        CallName::CreateContactGroup | CallName::UpdateContactGroup | CallName::MarkContact => {
            vec![Code::NotImported, Code::ChatGroupUnresolved, Code::ContactQuota]
        }
        CallName::CopyLayout => vec![
            Code::NotImported,
            Code::Parameter,
            Code::ContactQuota,
            Code::ContactGroupQuota,
            Code::ContactGroupName,
            internal_code(call),
            timed_out_code(call),
        ],
        CallName::AccountCheck => vec![Code::AccountParameter],
        CallName::AccountDelete => {
            vec![Code::AccountParameter, Code::NoSuchAccount, internal_code(call), timed_out_code(call)]
        }
        CallName::GetGroupInfo => vec![Code::NoSuchChatGroup, Code::ChatGroupId],
        CallName::DelContactGroup
        | CallName::GetContactGroup
        | CallName::SearchContactGroup
        | CallName::AccountImport
        | CallName::MultiaccountImport
        | CallName::CreateGroup
        | CallName::DestroyGroup
        | CallName::GetAppidGroupList
        | CallName::GetChanges
        | CallName::SetGroupOrder
        | CallName::SetGroupEx
        | CallName::ListGroups
        | CallName::ListConversations
        | CallName::Apply => Vec::new(),
    })
}

/// What every call may meet before a handler sees it. A path that names no call is no call, so 60009 is not here.
const GATE: [Code; 15] = [
    Code::HttpParse,
    Code::JsonParse,
    Code::CallRate,
    Code::BackendTimedOut,
    Code::ApplicationMissing,
    Code::AddressNotAllowed,
    Code::UrlParameter,
    Code::UserSigExpired,
    Code::UserSigEmpty,
    Code::UserSigInvalid,
    Code::UserSigVerification,
    Code::UserSigIdentifier,
    Code::UserSigApplication,
    Code::NoSuchApplication,
    Code::TooManyFailures,
];

/// In the chat group service one code stands for what broke and for what took too long.
fn sorted(mut codes: Vec<Code>) -> Vec<Code> {
    codes.sort_unstable_by_key(|code| code.number());
    codes.dedup();
    codes
}
