//! The names of the calls: path, service, vendor's rate, and the codes that each service has of its own.

use crate::code::Code;

/// One of the calls that Foldmark serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallName {
    /// Makes a conversation group, optionally filled.
    CreateContactGroup,
    /// Renames a conversation group, or adds and removes conversations.
    UpdateContactGroup,
    /// Deletes a conversation group.
    DelContactGroup,
    /// Sets and clears marks of conversations.
    MarkContact,
    /// Pages through all records and groups of a user.
    GetContactGroup,
    /// Looks up named conversations of a user.
    SearchContactGroup,
    /// Imports one account.
    AccountImport,
    /// Imports up to 100 accounts.
    MultiaccountImport,
    /// Says which accounts are imported.
    AccountCheck,
    /// Deletes accounts.
    AccountDelete,
    /// Registers a chat group.
    CreateGroup,
    /// Disbands a chat group.
    DestroyGroup,
    /// Facts about named chat groups.
    GetGroupInfo,
    /// Pages through all chat groups of an application.
    GetAppidGroupList,
    /// What changed of a user since an earlier look.
    GetChanges,
    /// Puts a user's conversation groups in order.
    SetGroupOrder,
    /// Sets what a user interface keeps about a conversation group.
    SetGroupEx,
    /// A user's conversation groups in their order, with counts.
    ListGroups,
    /// Pages through the records of a user that a filter lets through.
    ListConversations,
    /// Carries out many commands for one user, all or none.
    Apply,
    /// Copies the groups and marks of one user to others.
    CopyLayout,
}

/// One of the services that the calls belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    RecentContact,
    Accounts,
    ChatGroups,
    /// Foldmark's own.
    Foldmark,
}

impl CallName {
    /// Every call.
    pub const ALL: [Self; 21] = [
        Self::CreateContactGroup,
        Self::UpdateContactGroup,
        Self::DelContactGroup,
        Self::MarkContact,
        Self::GetContactGroup,
        Self::SearchContactGroup,
        Self::AccountImport,
        Self::MultiaccountImport,
        Self::AccountCheck,
        Self::AccountDelete,
        Self::CreateGroup,
        Self::DestroyGroup,
        Self::GetGroupInfo,
        Self::GetAppidGroupList,
        Self::GetChanges,
        Self::SetGroupOrder,
        Self::SetGroupEx,
        Self::ListGroups,
        Self::ListConversations,
        Self::Apply,
        Self::CopyLayout,
    ];

    /// The whole path, for example `/v4/recentcontact/search_contact_group`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::CreateContactGroup => "/v4/recentcontact/create_contact_group",
            Self::UpdateContactGroup => "/v4/recentcontact/update_contact_group",
            Self::DelContactGroup => "/v4/recentcontact/del_contact_group",
            Self::MarkContact => "/v4/recentcontact/mark_contact",
            Self::GetContactGroup => "/v4/recentcontact/get_contact_group",
            Self::SearchContactGroup => "/v4/recentcontact/search_contact_group",
            Self::AccountImport => "/v4/im_open_login_svc/account_import",
            Self::MultiaccountImport => "/v4/im_open_login_svc/multiaccount_import",
            Self::AccountCheck => "/v4/im_open_login_svc/account_check",
            Self::AccountDelete => "/v4/im_open_login_svc/account_delete",
            Self::CreateGroup => "/v4/group_open_http_svc/create_group",
            Self::DestroyGroup => "/v4/group_open_http_svc/destroy_group",
            Self::GetGroupInfo => "/v4/group_open_http_svc/get_group_info",
            Self::GetAppidGroupList => "/v4/group_open_http_svc/get_appid_group_list",
            Self::GetChanges => "/v4/foldmark/get_changes",
            Self::SetGroupOrder => "/v4/foldmark/set_group_order",
            Self::SetGroupEx => "/v4/foldmark/set_group_ex",
            Self::ListGroups => "/v4/foldmark/list_groups",
            Self::ListConversations => "/v4/foldmark/list_conversations",
            Self::Apply => "/v4/foldmark/apply",
            Self::CopyLayout => "/v4/foldmark/copy_layout",
        }
    }

    /// The call of a path. The comparison is exact: case counts, and so does a trailing slash (decision 74).
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.path() == path)
    }

    /// The last part of the path, for example `search_contact_group`.
    pub const fn command(self) -> &'static str {
        match self {
            Self::CreateContactGroup => "create_contact_group",
            Self::UpdateContactGroup => "update_contact_group",
            Self::DelContactGroup => "del_contact_group",
            Self::MarkContact => "mark_contact",
            Self::GetContactGroup => "get_contact_group",
            Self::SearchContactGroup => "search_contact_group",
            Self::AccountImport => "account_import",
            Self::MultiaccountImport => "multiaccount_import",
            Self::AccountCheck => "account_check",
            Self::AccountDelete => "account_delete",
            Self::CreateGroup => "create_group",
            Self::DestroyGroup => "destroy_group",
            Self::GetGroupInfo => "get_group_info",
            Self::GetAppidGroupList => "get_appid_group_list",
            Self::GetChanges => "get_changes",
            Self::SetGroupOrder => "set_group_order",
            Self::SetGroupEx => "set_group_ex",
            Self::ListGroups => "list_groups",
            Self::ListConversations => "list_conversations",
            Self::Apply => "apply",
            Self::CopyLayout => "copy_layout",
        }
    }

    /// The name of the call in logs, metrics and configuration: its command, which is unique.
    pub const fn as_str(self) -> &'static str {
        self.command()
    }

    /// The middle part of the path, for example `recentcontact`.
    pub const fn service(self) -> &'static str {
        match self.service_kind() {
            Service::RecentContact => "recentcontact",
            Service::Accounts => "im_open_login_svc",
            Service::ChatGroups => "group_open_http_svc",
            Service::Foldmark => "foldmark",
        }
    }

    /// Whether the call never changes anything.
    pub const fn only_reads(self) -> bool {
        match self {
            Self::GetContactGroup
            | Self::SearchContactGroup
            | Self::AccountCheck
            | Self::GetGroupInfo
            | Self::GetAppidGroupList
            | Self::GetChanges
            | Self::ListGroups
            | Self::ListConversations => true,
            Self::CreateContactGroup
            | Self::UpdateContactGroup
            | Self::DelContactGroup
            | Self::MarkContact
            | Self::AccountImport
            | Self::MultiaccountImport
            | Self::AccountDelete
            | Self::CreateGroup
            | Self::DestroyGroup
            | Self::SetGroupOrder
            | Self::SetGroupEx
            | Self::Apply
            | Self::CopyLayout => false,
        }
    }

    /// Whether end users may make the call for themselves, where the application lets them: it names one user as
    /// `From_Account`, and no other user's data is read or changed by it.
    pub const fn is_for_end_users(self) -> bool {
        match self.service_kind() {
            Service::RecentContact => true,
            Service::Foldmark => !matches!(self, Self::CopyLayout),
            Service::Accounts | Service::ChatGroups => false,
        }
    }

    /// Whether the call changes one user, so that it can be made dependent on his revision, and be remembered by an
    /// idempotency key.
    pub const fn is_guarded(self) -> bool {
        matches!(
            self,
            Self::CreateContactGroup
                | Self::UpdateContactGroup
                | Self::DelContactGroup
                | Self::MarkContact
                | Self::AccountImport
                | Self::SetGroupOrder
                | Self::SetGroupEx
                | Self::Apply
        )
    }

    /// Calls per second and application that the vendor's service allows, or that Foldmark's own calls are allowed
    /// unless it is configured otherwise.
    pub const fn calls_per_second(self) -> u32 {
        match self {
            Self::CreateContactGroup
            | Self::UpdateContactGroup
            | Self::DelContactGroup
            | Self::MarkContact
            | Self::GetContactGroup
            | Self::SearchContactGroup
            | Self::AccountImport
            | Self::CreateGroup
            | Self::DestroyGroup
            | Self::GetGroupInfo
            | Self::GetChanges
            | Self::SetGroupOrder
            | Self::SetGroupEx
            | Self::ListGroups
            | Self::ListConversations
            | Self::Apply => 200,
            Self::CopyLayout => 10,
            Self::MultiaccountImport | Self::AccountCheck | Self::AccountDelete => 100,
            Self::GetAppidGroupList => 1,
        }
    }

    /// The service's own code for a wrong parameter: 50002, 70402 or 10004.
    pub const fn parameter_code(self) -> Code {
        match self.service_kind() {
            Service::RecentContact | Service::Foldmark => Code::Parameter,
            Service::Accounts => Code::AccountParameter,
            Service::ChatGroups => Code::GroupParameter,
        }
    }

    /// The service's own code for a caller who is not an administrator: 50003, 70403 or 10007 (decision 35).
    pub const fn not_administrator_code(self) -> Code {
        match self.service_kind() {
            Service::RecentContact | Service::Foldmark => Code::NotAdministrator,
            Service::Accounts => Code::AccountNotAdministrator,
            Service::ChatGroups => Code::GroupNotPermitted,
        }
    }

    const fn service_kind(self) -> Service {
        match self {
            Self::CreateContactGroup
            | Self::UpdateContactGroup
            | Self::DelContactGroup
            | Self::MarkContact
            | Self::GetContactGroup
            | Self::SearchContactGroup => Service::RecentContact,
            Self::AccountImport | Self::MultiaccountImport | Self::AccountCheck | Self::AccountDelete => {
                Service::Accounts
            }
            Self::CreateGroup | Self::DestroyGroup | Self::GetGroupInfo | Self::GetAppidGroupList => {
                Service::ChatGroups
            }
            Self::GetChanges
            | Self::SetGroupOrder
            | Self::SetGroupEx
            | Self::ListGroups
            | Self::ListConversations
            | Self::Apply
            | Self::CopyLayout => Service::Foldmark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_of_its_parts_and_leads_back() {
        for call in CallName::ALL {
            assert_eq!(call.path(), format!("/v4/{}/{}", call.service(), call.command()));
            assert_eq!(CallName::from_path(call.path()), Some(call));
            assert_eq!(call.as_str(), call.command());
        }
    }

    #[test]
    fn paths_are_compared_exactly() {
        for path in [
            "",
            "/",
            "/v4/recentcontact/search_contact_group/",
            "/v4/recentcontact/Search_contact_group",
            "/V4/recentcontact/search_contact_group",
            "v4/recentcontact/search_contact_group",
            "/v4/recentcontact//search_contact_group",
            "/v4/im_open_login_svc/search_contact_group",
            "/v4/recentcontact/get_list",
        ] {
            assert_eq!(CallName::from_path(path), None, "{path}");
        }
    }

    #[test]
    fn each_service_has_codes_of_its_own() {
        let codes = |call: CallName| (call.parameter_code().number(), call.not_administrator_code().number());
        assert_eq!(codes(CallName::SearchContactGroup), (50002, 50003));
        assert_eq!(codes(CallName::AccountDelete), (70402, 70403));
        assert_eq!(codes(CallName::GetGroupInfo), (10004, 10007));
        assert_eq!(codes(CallName::GetChanges), (50002, 50003));
    }

    #[test]
    fn end_users_have_the_calls_about_one_user() {
        let names = |admits: fn(CallName) -> bool| -> Vec<&str> {
            CallName::ALL.into_iter().filter(|call| admits(*call)).map(CallName::as_str).collect()
        };
        assert_eq!(
            names(CallName::is_for_end_users),
            [
                "create_contact_group",
                "update_contact_group",
                "del_contact_group",
                "mark_contact",
                "get_contact_group",
                "search_contact_group",
                "get_changes",
                "set_group_order",
                "set_group_ex",
                "list_groups",
                "list_conversations",
                "apply",
            ]
        );
        assert_eq!(
            names(CallName::is_guarded),
            [
                "create_contact_group",
                "update_contact_group",
                "del_contact_group",
                "mark_contact",
                "account_import",
                "set_group_order",
                "set_group_ex",
                "apply",
            ]
        );
    }

    #[test]
    fn rates_are_the_documented_ones() {
        let total: u32 = CallName::ALL.into_iter().map(CallName::calls_per_second).sum();
        assert_eq!(total, 10 * 200 + 3 * 100 + 1 + 6 * 200 + 10);
        assert_eq!(CallName::GetAppidGroupList.calls_per_second(), 1);
    }
}
