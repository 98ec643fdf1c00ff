//! The codes that the hosted service documents for each call: what a client can meet there, an emulator may inject, and
//! the description of the calls has to mention.

use foldmark_wire::{CallName, Code};

/// Every code that is documented for `call`, in ascending order; without a call, those that any call may get.
pub(crate) fn documented(call: Option<CallName>) -> Vec<Code> {
    let own = call.map_or([&[][..]; 2], own);
    let mut codes: Vec<Code> = COMMON.iter().chain(own.into_iter().flatten()).copied().collect();
    codes.sort_unstable_by_key(|code| code.number());
    codes
}

/// What stands before every service: the gateway, and the check of the UserSig.
const COMMON: &[Code] = &[
    Code::HttpParse,
    Code::JsonParse,
    Code::AccountCheck,
    Code::SignatureCheck,
    Code::ApplicationInvalid,
    Code::CallRate,
    Code::BackendTimedOut,
    Code::NoSuchResource,
    Code::CommonNotAdministrator,
    Code::ApplicationRate,
    Code::ApplicationMissing,
    Code::BackendAnswer,
    Code::AccountResolution,
    Code::AccountNotString,
    Code::ApplicationDisabled,
    Code::RequestDisabled,
    Code::TooManyRequests,
    Code::TooManyRequestsOther,
    Code::PackageExpired,
    Code::AddressNotAllowed,
    Code::UrlParameter,
    Code::WrongRegion,
    Code::ProductNotAllowed,
    Code::TrialVolume,
    Code::UserSigExpired,
    Code::UserSigEmpty,
    Code::UserSigInvalid,
    Code::UserSigInvalidOther,
    Code::UserSigVerification,
    Code::UserSigIdentifier,
    Code::UserSigApplication,
    Code::NoKey,
    Code::NoSuchApplication,
    Code::TooManyFailures,
    Code::AccountBlocked,
];

/// What a service answers itself: to each of its calls, and to this one beside that.
fn own(call: CallName) -> [&'static [Code]; 2] {
    use Code as C;
    let more: &'static [Code] = match call {
        CallName::CreateContactGroup => &[
            C::ContactCount,
            C::ChatGroupUnresolved,
            C::ContactQuota,
            C::ContactGroupQuota,
            C::ContactGroupName,
            C::Edition,
        ],
        CallName::UpdateContactGroup => &[
            C::ContactCount,
            C::ChatGroupUnresolved,
            C::ContactQuota,
            C::NoSuchContactGroup,
            C::ContactGroupName,
            C::Edition,
        ],
        CallName::DelContactGroup => &[C::NoSuchContactGroup, C::Edition],
        CallName::MarkContact => &[C::ContactCount, C::ChatGroupUnresolved, C::ContactQuota, C::Edition],
        CallName::GetContactGroup => &[],
        CallName::SearchContactGroup => &[C::ChatGroupUnresolved],
        CallName::GetChanges => &[C::CursorInvalid],
        CallName::ListGroups => &[],
        CallName::SetGroupOrder | CallName::SetGroupEx => {
            &[C::NoSuchContactGroup, C::RevisionChanged, C::KeyReused]
        }
        CallName::ListConversations => &[C::NoSuchContactGroup],
        CallName::Apply => &[
            C::ContactCount,
            C::ChatGroupUnresolved,
            C::ContactQuota,
            C::NoSuchContactGroup,
            C::ContactGroupQuota,
            C::ContactGroupName,
            C::RevisionChanged,
            C::KeyReused,
        ],
        CallName::CopyLayout => &[C::ContactQuota, C::ContactGroupQuota, C::ContactGroupName],
        CallName::AccountImport
        | CallName::MultiaccountImport
        | CallName::AccountCheck
        | CallName::AccountDelete => {
            return [
                &[
                    C::NoSuchAccount,
                    C::LoginRestricted,
                    C::AccountTimedOut,
                    C::AccountTimedOutOther,
                    C::BatchSize,
                    C::AccountQuota,
                    C::RecentlyDeleted,
                    C::AccountParameter,
                    C::AccountNotAdministrator,
                    C::ClientTooOld,
                    C::AccountInternal,
                    C::DeletionNotAllowed,
                ],
                &[],
            ];
        }
        CallName::CreateGroup
        | CallName::DestroyGroup
        | CallName::GetGroupInfo
        | CallName::GetAppidGroupList => {
            return [
                &[
                    C::GroupInternal,
                    C::GroupUnknownCommand,
                    C::GroupParameter,
                    C::TooManyMembers,
                    C::GroupNotPermitted,
                    C::NoSuchChatGroup,
                    C::ChatGroupId,
                    C::CallbackRefused,
                    C::AnswerTooLarge,
                    C::MemberNotImported,
                    C::ChatGroupIdTaken,
                    C::ChatGroupExists,
                    C::AvChatRoomQuota,
                    C::UserChatGroupQuota,
                    C::ChatGroupMemberQuota,
                    C::ChatGroupQuota,
                ],
                &[],
            ];
        }
    };
    [&[C::NotImported, C::Parameter, C::NotAdministrator, C::Internal, C::TimedOut], more]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_a_call_are_its_service_s_and_the_common_ones() {
        let numbers = |call| documented(call).iter().map(|code| code.number()).collect::<Vec<_>>();
        let common = numbers(None);
        assert!(
            common
                .iter()
                .all(|number| (60_002..=60_028).contains(number) || (70_001..=70_051).contains(number))
        );
        let mark = numbers(Some(CallName::MarkContact));
        assert_eq!(mark[..9], [50001, 50002, 50003, 50004, 50005, 51006, 51007, 51008, 51013]);
        assert_eq!(mark[9..], common);
        for call in CallName::ALL {
            let codes = numbers(Some(call));
            assert!(codes.is_sorted() && codes.windows(2).all(|pair| pair[0] != pair[1]), "{call:?}");
            assert!(codes.contains(&call.parameter_code().number()), "{call:?}");
            assert!(codes.contains(&call.not_administrator_code().number()), "{call:?}");
        }
    }

    #[test]
    fn every_code_belongs_to_some_call_but_that_of_pins() {
        let known: std::collections::BTreeSet<_> =
            CallName::ALL.into_iter().flat_map(|call| documented(Some(call))).collect();
        let missing: Vec<_> = Code::ALL.into_iter().filter(|code| !known.contains(code)).collect();
        assert_eq!(missing, [Code::PinnedQuota]);
    }
}
