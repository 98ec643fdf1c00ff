//! What a caller may conclude from a code: whether to try again, and whether anything was changed.

use super::Code;

/// What is known of a call with such an answer.
#[derive(Clone, Copy)]
enum Advice {
    /// Nothing was changed, and the same call is refused again.
    Never,
    /// Nothing was changed, and the same call may succeed later.
    Later,
    /// Something may have been changed, and the same call may succeed later.
    LaterUnsure,
    /// Something may have been changed, and the same call is no better later.
    Unsure,
}

impl Code {
    /// Whether the same call may succeed when it is made again a little later.
    ///
    /// Says nothing of whether the first try left something behind: see [`Code::has_no_side_effects`].
    pub const fn is_retryable(self) -> bool {
        matches!(self.advice(), Advice::Later | Advice::LaterUnsure)
    }

    /// Whether the code guarantees that the call, or the item it was given for, has changed nothing.
    pub const fn has_no_side_effects(self) -> bool {
        matches!(self.advice(), Advice::Never | Advice::Later)
    }

    const fn advice(self) -> Advice {
        match self {
            Self::AccountCheck
            | Self::SignatureCheck
            | Self::CallRate
            | Self::ApplicationRate
            | Self::TooManyRequests
            | Self::TooManyRequestsOther
            | Self::TooManyFailures => Advice::Later,
            Self::GroupInternal
            | Self::Internal
            | Self::TimedOut
            | Self::BackendTimedOut
            | Self::AccountResolution
            | Self::AccountTimedOut
            | Self::AccountTimedOutOther
            | Self::AccountInternal => Advice::LaterUnsure,
            Self::AnswerTooLarge | Self::BackendAnswer => Advice::Unsure,
            Self::GroupUnknownCommand
            | Self::GroupParameter
            | Self::TooManyMembers
            | Self::GroupNotPermitted
            | Self::NoSuchChatGroup
            | Self::ChatGroupId
            | Self::CallbackRefused
            | Self::MemberNotImported
            | Self::ChatGroupIdTaken
            | Self::ChatGroupExists
            | Self::AvChatRoomQuota
            | Self::UserChatGroupQuota
            | Self::ChatGroupMemberQuota
            | Self::ChatGroupQuota
            | Self::NotImported
            | Self::Parameter
            | Self::NotAdministrator
            | Self::ContactCount
            | Self::ChatGroupUnresolved
            | Self::ContactQuota
            | Self::NoSuchContactGroup
            | Self::ContactGroupQuota
            | Self::ContactGroupName
            | Self::PinnedQuota
            | Self::Edition
            | Self::RevisionChanged
            | Self::KeyReused
            | Self::CursorInvalid
            | Self::HttpParse
            | Self::JsonParse
            | Self::ApplicationInvalid
            | Self::NoSuchResource
            | Self::CommonNotAdministrator
            | Self::ApplicationMissing
            | Self::AccountNotString
            | Self::ApplicationDisabled
            | Self::RequestDisabled
            | Self::PackageExpired
            | Self::AddressNotAllowed
            | Self::UrlParameter
            | Self::WrongRegion
            | Self::ProductNotAllowed
            | Self::TrialVolume
            | Self::UserSigExpired
            | Self::UserSigEmpty
            | Self::UserSigInvalid
            | Self::UserSigInvalidOther
            | Self::UserSigVerification
            | Self::UserSigIdentifier
            | Self::UserSigApplication
            | Self::NoKey
            | Self::NoSuchApplication
            | Self::AccountBlocked
            | Self::NoSuchAccount
            | Self::LoginRestricted
            | Self::BatchSize
            | Self::AccountQuota
            | Self::RecentlyDeleted
            | Self::AccountParameter
            | Self::AccountNotAdministrator
            | Self::ClientTooOld
            | Self::DeletionNotAllowed => Advice::Never,
        }
    }
}
