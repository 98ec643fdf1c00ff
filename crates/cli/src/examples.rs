//! An example body for each call.

use foldmark_client::CallName;

/// A body that the call accepts.
pub(crate) const fn body(call: CallName) -> &'static str {
    match call {
        CallName::CreateContactGroup => {
            r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"group_0001","ContactItem":[{"Type":1,"To_Account":"user_0002"}]}]}"#
        }
        CallName::UpdateContactGroup => {
            r#"{"From_Account":"user_0001","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"group_0001","NewGroupName":"group_0002"}}"#
        }
        CallName::DelContactGroup => r#"{"From_Account":"user_0001","GroupName":["group_0002"]}"#,
        CallName::MarkContact => {
            r#"{"From_Account":"user_0001","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"user_0002"},"SetMark":[1,2,3],"CustomMark":"abcd"}]}"#
        }
        CallName::GetContactGroup => r#"{"From_Account":"user_0001","StartIndex":0}"#,
        CallName::SearchContactGroup => {
            r#"{"From_Account":"user_0001","ContactItem":[{"Type":1,"To_Account":"user_0002"}]}"#
        }
        CallName::AccountImport => r#"{"UserID":"user_0001","Nick":"One"}"#,
        CallName::MultiaccountImport => r#"{"Accounts":["user_0001","user_0002"]}"#,
        CallName::AccountCheck => r#"{"CheckItem":[{"UserID":"user_0001"}]}"#,
        CallName::AccountDelete => r#"{"DeleteItem":[{"UserID":"user_0002"}]}"#,
        CallName::CreateGroup => r#"{"Type":"Public","Name":"Sample","GroupId":"@TGS#1B2AUI7RZ"}"#,
        CallName::DestroyGroup => r#"{"GroupId":"@TGS#1B2AUI7RZ"}"#,
        CallName::GetGroupInfo => r#"{"GroupIdList":["@TGS#1B2AUI7RZ"]}"#,
        CallName::GetAppidGroupList => r#"{"Limit":100,"Next":0}"#,
        CallName::GetChanges => r#"{"From_Account":"user_0001"}"#,
        CallName::SetGroupOrder => r#"{"From_Account":"user_0001","GroupName":["group_0002"]}"#,
        CallName::SetGroupEx => {
            r#"{"From_Account":"user_0001","GroupItem":[{"GroupName":"group_0002","Ex":"red"}]}"#
        }
        CallName::ListGroups => r#"{"From_Account":"user_0001"}"#,
        CallName::ListConversations => r#"{"From_Account":"user_0001","AnyMark":[1,2]}"#,
        CallName::Apply => {
            r#"{"From_Account":"user_0001","CommandItem":[{"Command":"create_contact_group","GroupContactItem":[{"GroupName":"group_0003"}]},{"Command":"set_group_order","GroupName":["group_0003"]}]}"#
        }
        CallName::CopyLayout => r#"{"From_Account":"user_0001","To_Account":["user_0002"]}"#,
    }
}

/// All calls, a line each, as they follow `foldmark call`.
pub(crate) fn list() -> String {
    let lines = CallName::ALL.map(|call| format!("{} '{}'", call.command(), body(call)));
    lines.join("\n")
}
