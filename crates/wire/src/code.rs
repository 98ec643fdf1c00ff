//! The closed set of documented error codes.
//!
//! Every code that Foldmark answers with, and every further one that the vendor's service documents for these
//! calls, so that a client knows what to do with it. The functions are total: a new code does not compile until
//! each of them has an opinion. Here are the codes and their numbers; `code/` has their texts, and what a caller may
//! conclude from each.

mod advice;
mod text;

/// A documented error code. As a number it is its place in [`Code::ALL`], not [`Code::number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// 10002: internal error of the group service.
    GroupInternal,
    /// 10003: unknown command of the group service.
    GroupUnknownCommand,
    /// 10004: a parameter of a group call is wrong.
    GroupParameter,
    /// 10005: more than 100 members in the call.
    TooManyMembers,
    /// 10007: not permitted; also: not an administrator (group service).
    GroupNotPermitted,
    /// 10010: no such chat group, or disbanded.
    NoSuchChatGroup,
    /// 10015: chat group id not valid.
    ChatGroupId,
    /// 10016: refused by the application's callback.
    CallbackRefused,
    /// 10018: answer over 1 MB.
    AnswerTooLarge,
    /// 10019: account does not exist (group service).
    MemberNotImported,
    /// 10021: chat group id taken by someone else.
    ChatGroupIdTaken,
    /// 10025: chat group id taken, and by this owner.
    ChatGroupExists,
    /// 10036: package quota of audio and video chat rooms.
    AvChatRoomQuota,
    /// 10037: package quota of chat groups of a user.
    UserChatGroupQuota,
    /// 10038: package quota of members of a chat group.
    ChatGroupMemberQuota,
    /// 10058: package quota of chat groups of an application.
    ChatGroupQuota,
    /// 50001: the account is not imported.
    NotImported,
    /// 50002: a request parameter is wrong; the text says which.
    Parameter,
    /// 50003: caller is not an administrator (conversation service).
    NotAdministrator,
    /// 50004: internal error, try again.
    Internal,
    /// 50005: internal time-out, try later.
    TimedOut,
    /// 51006: number of conversations is 0 or over 100.
    ContactCount,
    /// 51007: chat group cannot be resolved, or is disbanded.
    ChatGroupUnresolved,
    /// 51008: too many conversations grouped or marked.
    ContactQuota,
    /// 51009: no such conversation group.
    NoSuchContactGroup,
    /// 51010: too many conversation groups.
    ContactGroupQuota,
    /// 51011: conversation group name too long or empty.
    ContactGroupName,
    /// 51012: too many pinned conversations.
    PinnedQuota,
    /// 51013: edition does not include standard marks or groups.
    Edition,
    /// 52001: the user is not at the revision that `if_revision` names. Foldmark's own.
    RevisionChanged,
    /// 52002: another call was made under this idempotency key. Foldmark's own.
    KeyReused,
    /// 52003: the cursor of a change feed is not one of this user. Foldmark's own.
    CursorInvalid,
    /// 60002: the HTTP request cannot be parsed; check the URL.
    HttpParse,
    /// 60003: the JSON body cannot be parsed.
    JsonParse,
    /// 60004: account wrong in URL or body; later wording: check failed, retry.
    AccountCheck,
    /// 60005: signature wrong in URL or body; later wording: check failed, retry.
    SignatureCheck,
    /// 60006: application number not valid.
    ApplicationInvalid,
    /// 60007: call rate of a REST API exceeded.
    CallRate,
    /// 60008: backend time-out, or malformed HTTP request.
    BackendTimedOut,
    /// 60009: requested resource wrong; check the URL.
    NoSuchResource,
    /// 60010: caller is not an administrator (common).
    CommonNotAdministrator,
    /// 60011: request rate of the application exceeded.
    ApplicationRate,
    /// 60012: application number missing.
    ApplicationMissing,
    /// 60013: backend's answer could not be parsed.
    BackendAnswer,
    /// 60014: account resolution timed out.
    AccountResolution,
    /// 60015: account in the body is not a string.
    AccountNotString,
    /// 60016: application disabled.
    ApplicationDisabled,
    /// 60017: request disabled.
    RequestDisabled,
    /// 60018: too many requests.
    TooManyRequests,
    /// 60019: too many requests, second number.
    TooManyRequestsOther,
    /// 60020: package expired or account in arrears.
    PackageExpired,
    /// 60021: source address not allowed.
    AddressNotAllowed,
    /// 60025: application number, identifier, UserSig or content type in the URL wrong.
    UrlParameter,
    /// 60026: host does not match the application's region.
    WrongRegion,
    /// 60027: product type does not allow this API.
    ProductNotAllowed,
    /// 60028: trial edition's daily request volume exceeded.
    TrialVolume,
    /// 70001: UserSig expired.
    UserSigExpired,
    /// 70002: UserSig empty.
    UserSigEmpty,
    /// 70003: UserSig not valid.
    UserSigInvalid,
    /// 70005: UserSig not valid, second number.
    UserSigInvalidOther,
    /// 70009: UserSig verification failed; other application's key.
    UserSigVerification,
    /// 70013: identifier does not match the UserSig.
    UserSigIdentifier,
    /// 70014: application does not match the UserSig.
    UserSigApplication,
    /// 70016: no key for the application.
    NoKey,
    /// 70020: application not found.
    NoSuchApplication,
    /// 70050: too many failed UserSig checks, wait one minute.
    TooManyFailures,
    /// 70051: account is on the block list.
    AccountBlocked,
    /// 70107: account does not exist.
    NoSuchAccount,
    /// 70114: login restricted for security.
    LoginRestricted,
    /// 70169: backend time-out (account service).
    AccountTimedOut,
    /// 70202: backend time-out (account service), second number.
    AccountTimedOutOther,
    /// 70206: number of items in a batch not valid.
    BatchSize,
    /// 70398: account quota reached.
    AccountQuota,
    /// 70399: account may not be imported again within three months of deletion.
    RecentlyDeleted,
    /// 70402: parameter not valid (account service).
    AccountParameter,
    /// 70403: administrator required (account service).
    AccountNotAdministrator,
    /// 70404: client SDK too old.
    ClientTooOld,
    /// 70500: internal error (account service).
    AccountInternal,
    /// 71000: application does not allow account deletion.
    DeletionNotAllowed,
}

impl Code {
    /// Every code, in ascending order of its number.
    pub const ALL: [Self; 79] = [
        Self::GroupInternal,
        Self::GroupUnknownCommand,
        Self::GroupParameter,
        Self::TooManyMembers,
        Self::GroupNotPermitted,
        Self::NoSuchChatGroup,
        Self::ChatGroupId,
        Self::CallbackRefused,
        Self::AnswerTooLarge,
        Self::MemberNotImported,
        Self::ChatGroupIdTaken,
        Self::ChatGroupExists,
        Self::AvChatRoomQuota,
        Self::UserChatGroupQuota,
        Self::ChatGroupMemberQuota,
        Self::ChatGroupQuota,
        Self::NotImported,
        Self::Parameter,
        Self::NotAdministrator,
        Self::Internal,
        Self::TimedOut,
        Self::ContactCount,
        Self::ChatGroupUnresolved,
        Self::ContactQuota,
        Self::NoSuchContactGroup,
        Self::ContactGroupQuota,
        Self::ContactGroupName,
        Self::PinnedQuota,
        Self::Edition,
        Self::RevisionChanged,
        Self::KeyReused,
        Self::CursorInvalid,
        Self::HttpParse,
        Self::JsonParse,
        Self::AccountCheck,
        Self::SignatureCheck,
        Self::ApplicationInvalid,
        Self::CallRate,
        Self::BackendTimedOut,
        Self::NoSuchResource,
        Self::CommonNotAdministrator,
        Self::ApplicationRate,
        Self::ApplicationMissing,
        Self::BackendAnswer,
        Self::AccountResolution,
        Self::AccountNotString,
        Self::ApplicationDisabled,
        Self::RequestDisabled,
        Self::TooManyRequests,
        Self::TooManyRequestsOther,
        Self::PackageExpired,
        Self::AddressNotAllowed,
        Self::UrlParameter,
        Self::WrongRegion,
        Self::ProductNotAllowed,
        Self::TrialVolume,
        Self::UserSigExpired,
        Self::UserSigEmpty,
        Self::UserSigInvalid,
        Self::UserSigInvalidOther,
        Self::UserSigVerification,
        Self::UserSigIdentifier,
        Self::UserSigApplication,
        Self::NoKey,
        Self::NoSuchApplication,
        Self::TooManyFailures,
        Self::AccountBlocked,
        Self::NoSuchAccount,
        Self::LoginRestricted,
        Self::AccountTimedOut,
        Self::AccountTimedOutOther,
        Self::BatchSize,
        Self::AccountQuota,
        Self::RecentlyDeleted,
        Self::AccountParameter,
        Self::AccountNotAdministrator,
        Self::ClientTooOld,
        Self::AccountInternal,
        Self::DeletionNotAllowed,
    ];

    /// The number on the wire.
    pub const fn number(self) -> i32 {
        match self {
            Self::GroupInternal => 10_002,
            Self::GroupUnknownCommand => 10_003,
            Self::GroupParameter => 10_004,
            Self::TooManyMembers => 10_005,
            Self::GroupNotPermitted => 10_007,
            Self::NoSuchChatGroup => 10_010,
            Self::ChatGroupId => 10_015,
            Self::CallbackRefused => 10_016,
            Self::AnswerTooLarge => 10_018,
            Self::MemberNotImported => 10_019,
            Self::ChatGroupIdTaken => 10_021,
            Self::ChatGroupExists => 10_025,
            Self::AvChatRoomQuota => 10_036,
            Self::UserChatGroupQuota => 10_037,
            Self::ChatGroupMemberQuota => 10_038,
            Self::ChatGroupQuota => 10_058,
            Self::NotImported => 50_001,
            Self::Parameter => 50_002,
            Self::NotAdministrator => 50_003,
            Self::Internal => 50_004,
            Self::TimedOut => 50_005,
            Self::ContactCount => 51_006,
            Self::ChatGroupUnresolved => 51_007,
            Self::ContactQuota => 51_008,
            Self::NoSuchContactGroup => 51_009,
            Self::ContactGroupQuota => 51_010,
            Self::ContactGroupName => 51_011,
            Self::PinnedQuota => 51_012,
            Self::Edition => 51_013,
            Self::RevisionChanged => 52_001,
            Self::KeyReused => 52_002,
            Self::CursorInvalid => 52_003,
            Self::HttpParse => 60_002,
            Self::JsonParse => 60_003,
            Self::AccountCheck => 60_004,
            Self::SignatureCheck => 60_005,
            Self::ApplicationInvalid => 60_006,
            Self::CallRate => 60_007,
            Self::BackendTimedOut => 60_008,
            Self::NoSuchResource => 60_009,
            Self::CommonNotAdministrator => 60_010,
            Self::ApplicationRate => 60_011,
            Self::ApplicationMissing => 60_012,
            Self::BackendAnswer => 60_013,
            Self::AccountResolution => 60_014,
            Self::AccountNotString => 60_015,
            Self::ApplicationDisabled => 60_016,
            Self::RequestDisabled => 60_017,
            Self::TooManyRequests => 60_018,
            Self::TooManyRequestsOther => 60_019,
            Self::PackageExpired => 60_020,
            Self::AddressNotAllowed => 60_021,
            Self::UrlParameter => 60_025,
            Self::WrongRegion => 60_026,
            Self::ProductNotAllowed => 60_027,
            Self::TrialVolume => 60_028,
            Self::UserSigExpired => 70_001,
            Self::UserSigEmpty => 70_002,
            Self::UserSigInvalid => 70_003,
            Self::UserSigInvalidOther => 70_005,
            Self::UserSigVerification => 70_009,
            Self::UserSigIdentifier => 70_013,
            Self::UserSigApplication => 70_014,
            Self::NoKey => 70_016,
            Self::NoSuchApplication => 70_020,
            Self::TooManyFailures => 70_050,
            Self::AccountBlocked => 70_051,
            Self::NoSuchAccount => 70_107,
            Self::LoginRestricted => 70_114,
            Self::AccountTimedOut => 70_169,
            Self::AccountTimedOutOther => 70_202,
            Self::BatchSize => 70_206,
            Self::AccountQuota => 70_398,
            Self::RecentlyDeleted => 70_399,
            Self::AccountParameter => 70_402,
            Self::AccountNotAdministrator => 70_403,
            Self::ClientTooOld => 70_404,
            Self::AccountInternal => 70_500,
            Self::DeletionNotAllowed => 71_000,
        }
    }

    /// The code with this number, if it is a documented one.
    pub const fn from_number(number: i32) -> Option<Self> {
        let (mut from, mut to) = (0, Self::ALL.len());
        while from < to {
            let middle = from.midpoint(to);
            let found = Self::ALL[middle];
            if found.number() == number {
                return Some(found);
            }
            if found.number() < number {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
