//! The samples of every call, as the golden files have them, for descriptions of the protocol.
//!
//! Each file below `golden/` is in here once. Files whose names end with `_compact` hold the same JSON as another one
//! and are left out.

use crate::command::CallName;

/// A request or a reply of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The name of the golden file without its ending, unique within the call.
    pub name: &'static str,
    /// The body: a JSON object.
    pub text: &'static str,
}

/// The body of a refusal, of any call.
pub const FAULT: Sample = sample("fault", include_str!("../golden/fault.json"));

/// What the event `changes` of a watch holds.
pub const WATCH_CHANGES: Sample = sample("changes", include_str!("../golden/watch/changes.json"));

/// What the event `user` of a watch holds.
pub const WATCH_USER: Sample = sample("user", include_str!("../golden/watch/user.json"));

/// The event of a webhook that tells what changed of a user.
pub const USER_CHANGED: Sample = sample("user_changed", include_str!("../golden/webhook/user_changed.json"));

/// The event of a webhook that tells the deletion of a user.
pub const USER_DELETED: Sample = sample("user_deleted", include_str!("../golden/webhook/user_deleted.json"));

/// Bodies that clients send; every one of them is accepted.
pub fn requests(call: CallName) -> Vec<Sample> {
    match call {
        CallName::CreateContactGroup => {
            vec![sample("request", include_str!("../golden/create_contact_group/request.json"))]
        }
        CallName::UpdateContactGroup => vec![
            sample("request_rename", include_str!("../golden/update_contact_group/request_rename.json")),
            sample("request_members", include_str!("../golden/update_contact_group/request_members.json")),
        ],
        CallName::DelContactGroup => {
            vec![sample("request", include_str!("../golden/del_contact_group/request.json"))]
        }
        CallName::MarkContact => vec![
            sample("request", include_str!("../golden/mark_contact/request.json")),
            sample("request_clear", include_str!("../golden/mark_contact/request_clear.json")),
        ],
        CallName::GetContactGroup => {
            vec![sample("request", include_str!("../golden/get_contact_group/request.json"))]
        }
        CallName::SearchContactGroup => {
            vec![sample("request", include_str!("../golden/search_contact_group/request.json"))]
        }
        CallName::AccountImport => {
            vec![sample("request", include_str!("../golden/account_import/request.json"))]
        }
        CallName::MultiaccountImport => vec![
            sample("request_names", include_str!("../golden/multiaccount_import/request_names.json")),
            sample("request_profiles", include_str!("../golden/multiaccount_import/request_profiles.json")),
        ],
        CallName::AccountCheck => {
            vec![sample("request", include_str!("../golden/account_check/request.json"))]
        }
        CallName::AccountDelete => {
            vec![sample("request", include_str!("../golden/account_delete/request.json"))]
        }
        CallName::CreateGroup => vec![
            sample("request", include_str!("../golden/create_group/request.json")),
            sample("request_least", include_str!("../golden/create_group/request_least.json")),
        ],
        CallName::DestroyGroup => {
            vec![sample("request", include_str!("../golden/destroy_group/request.json"))]
        }
        CallName::GetGroupInfo => {
            vec![sample("request", include_str!("../golden/get_group_info/request.json"))]
        }
        CallName::GetAppidGroupList => {
            vec![sample("request", include_str!("../golden/get_appid_group_list/request.json"))]
        }
        CallName::GetChanges => vec![
            sample("request", include_str!("../golden/get_changes/request.json")),
            sample("request_first", include_str!("../golden/get_changes/request_first.json")),
        ],
        CallName::SetGroupOrder => {
            vec![sample("request", include_str!("../golden/set_group_order/request.json"))]
        }
        CallName::SetGroupEx => vec![sample("request", include_str!("../golden/set_group_ex/request.json"))],
        CallName::ListGroups => vec![sample("request", include_str!("../golden/list_groups/request.json"))],
        CallName::ListConversations => vec![
            sample("request", include_str!("../golden/list_conversations/request.json")),
            sample("request_prefix", include_str!("../golden/list_conversations/request_prefix.json")),
        ],
        CallName::Apply => vec![sample("request", include_str!("../golden/apply/request.json"))],
        CallName::CopyLayout => vec![sample("request", include_str!("../golden/copy_layout/request.json"))],
    }
}

/// Bodies that servers answer with, none of them a refusal of the whole call.
pub fn replies(call: CallName) -> Vec<Sample> {
    match call {
        CallName::CreateContactGroup => {
            vec![sample("reply", include_str!("../golden/create_contact_group/reply.json"))]
        }
        CallName::UpdateContactGroup => vec![
            sample("reply_rename", include_str!("../golden/update_contact_group/reply_rename.json")),
            sample("reply_members", include_str!("../golden/update_contact_group/reply_members.json")),
        ],
        CallName::DelContactGroup => {
            vec![sample("reply", include_str!("../golden/del_contact_group/reply.json"))]
        }
        CallName::MarkContact => vec![
            sample("reply", include_str!("../golden/mark_contact/reply.json")),
            sample("reply_refused", include_str!("../golden/mark_contact/reply_refused.json")),
        ],
        CallName::GetContactGroup => {
            vec![sample("reply", include_str!("../golden/get_contact_group/reply.json"))]
        }
        CallName::SearchContactGroup => {
            vec![sample("reply", include_str!("../golden/search_contact_group/reply.json"))]
        }
        CallName::AccountImport => vec![sample("reply", include_str!("../golden/account_import/reply.json"))],
        CallName::MultiaccountImport => {
            vec![sample("reply", include_str!("../golden/multiaccount_import/reply.json"))]
        }
        CallName::AccountCheck => vec![sample("reply", include_str!("../golden/account_check/reply.json"))],
        CallName::AccountDelete => vec![sample("reply", include_str!("../golden/account_delete/reply.json"))],
        CallName::CreateGroup => vec![sample("reply", include_str!("../golden/create_group/reply.json"))],
        CallName::DestroyGroup => vec![sample("reply", include_str!("../golden/destroy_group/reply.json"))],
        CallName::GetGroupInfo => vec![sample("reply", include_str!("../golden/get_group_info/reply.json"))],
        CallName::GetAppidGroupList => {
            vec![sample("reply", include_str!("../golden/get_appid_group_list/reply.json"))]
        }
        CallName::GetChanges => vec![sample("reply", include_str!("../golden/get_changes/reply.json"))],
        CallName::SetGroupOrder => {
            vec![sample("reply", include_str!("../golden/set_group_order/reply.json"))]
        }
        CallName::SetGroupEx => vec![sample("reply", include_str!("../golden/set_group_ex/reply.json"))],
        CallName::ListGroups => vec![sample("reply", include_str!("../golden/list_groups/reply.json"))],
        CallName::ListConversations => {
            vec![sample("reply", include_str!("../golden/list_conversations/reply.json"))]
        }
        CallName::Apply => vec![sample("reply", include_str!("../golden/apply/reply.json"))],
        CallName::CopyLayout => vec![sample("reply", include_str!("../golden/copy_layout/reply.json"))],
    }
}

const fn sample(name: &'static str, text: &'static str) -> Sample {
    Sample { name, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_and_webhooks_have_their_golden_files() {
        for (folder, samples) in
            [("watch", [WATCH_CHANGES, WATCH_USER]), ("webhook", [USER_CHANGED, USER_DELETED])]
        {
            let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder);
            let mut kept = 0;
            for entry in std::fs::read_dir(golden).unwrap() {
                let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
                assert!(samples.iter().any(|sample| sample.text == text), "{text}");
                kept += 1;
            }
            assert_eq!(kept, samples.len());
        }
    }

    #[test]
    fn every_golden_file_is_the_sample_of_its_name() {
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        for call in CallName::ALL {
            let mut names: Vec<&str> = Vec::new();
            for sample in requests(call).into_iter().chain(replies(call)) {
                let file = golden.join(call.command()).join(format!("{}.json", sample.name));
                assert_eq!(std::fs::read_to_string(file).unwrap(), sample.text, "{call:?} {}", sample.name);
                names.push(sample.name);
            }
            let mut kept = 0;
            for entry in std::fs::read_dir(golden.join(call.command())).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let name = name.strip_suffix(".json").unwrap();
                kept += usize::from(!name.ends_with("_compact"));
                assert!(name.ends_with("_compact") || names.contains(&name), "{call:?} {name}");
            }
            assert_eq!(names.len(), kept, "{call:?}: a file stands for two samples");
        }
    }
}
