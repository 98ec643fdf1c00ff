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
}

/// One of the services that the calls belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    RecentContact,
    Accounts,
    ChatGroups,
}

impl CallName {
    /// Every call.
    pub const ALL: [Self; 14] = [
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
        }
    }

    /// Whether the call never changes anything.
    pub const fn only_reads(self) -> bool {
        match self {
            Self::GetContactGroup
            | Self::SearchContactGroup
            | Self::AccountCheck
            | Self::GetGroupInfo
            | Self::GetAppidGroupList => true,
            Self::CreateContactGroup
            | Self::UpdateContactGroup
            | Self::DelContactGroup
            | Self::MarkContact
            | Self::AccountImport
            | Self::MultiaccountImport
            | Self::AccountDelete
            | Self::CreateGroup
            | Self::DestroyGroup => false,
        }
    }

    /// Calls per second and application that the vendor's service allows.
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
            | Self::GetGroupInfo => 200,
            Self::MultiaccountImport | Self::AccountCheck | Self::AccountDelete => 100,
            Self::GetAppidGroupList => 1,
        }
    }

    /// The service's own code for a wrong parameter: 50002, 70402 or 10004.
    pub const fn parameter_code(self) -> Code {
        match self.service_kind() {
            Service::RecentContact => Code::Parameter,
            Service::Accounts => Code::AccountParameter,
            Service::ChatGroups => Code::GroupParameter,
        }
    }

    /// The service's own code for a caller who is not an administrator: 50003, 70403 or 10007 (decision 35).
    pub const fn not_administrator_code(self) -> Code {
        match self.service_kind() {
            Service::RecentContact => Code::NotAdministrator,
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
    }

    #[test]
    fn rates_are_the_documented_ones() {
        let total: u32 = CallName::ALL.into_iter().map(CallName::calls_per_second).sum();
        assert_eq!(total, 10 * 200 + 3 * 100 + 1);
        assert_eq!(CallName::GetAppidGroupList.calls_per_second(), 1);
    }
}
