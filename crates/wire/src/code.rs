//! The closed set of documented error codes.
//!
//! Every code that Foldmark answers with, and every further one that the vendor's service documents for these
//! calls, so that a client knows what to do with it. The functions are total: a new code does not compile until
//! each of them has an opinion. The texts are Foldmark's own, except for the two of the gateway and the one of
//! 70107 that are on public record.

/// A documented error code.
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
        Some(match number {
            10_002 => Self::GroupInternal,
            10_003 => Self::GroupUnknownCommand,
            10_004 => Self::GroupParameter,
            10_005 => Self::TooManyMembers,
            10_007 => Self::GroupNotPermitted,
            10_010 => Self::NoSuchChatGroup,
            10_015 => Self::ChatGroupId,
            10_016 => Self::CallbackRefused,
            10_018 => Self::AnswerTooLarge,
            10_019 => Self::MemberNotImported,
            10_021 => Self::ChatGroupIdTaken,
            10_025 => Self::ChatGroupExists,
            10_036 => Self::AvChatRoomQuota,
            10_037 => Self::UserChatGroupQuota,
            10_038 => Self::ChatGroupMemberQuota,
            10_058 => Self::ChatGroupQuota,
            50_001 => Self::NotImported,
            50_002 => Self::Parameter,
            50_003 => Self::NotAdministrator,
            50_004 => Self::Internal,
            50_005 => Self::TimedOut,
            51_006 => Self::ContactCount,
            51_007 => Self::ChatGroupUnresolved,
            51_008 => Self::ContactQuota,
            51_009 => Self::NoSuchContactGroup,
            51_010 => Self::ContactGroupQuota,
            51_011 => Self::ContactGroupName,
            51_012 => Self::PinnedQuota,
            51_013 => Self::Edition,
            52_001 => Self::RevisionChanged,
            52_002 => Self::KeyReused,
            52_003 => Self::CursorInvalid,
            60_002 => Self::HttpParse,
            60_003 => Self::JsonParse,
            60_004 => Self::AccountCheck,
            60_005 => Self::SignatureCheck,
            60_006 => Self::ApplicationInvalid,
            60_007 => Self::CallRate,
            60_008 => Self::BackendTimedOut,
            60_009 => Self::NoSuchResource,
            60_010 => Self::CommonNotAdministrator,
            60_011 => Self::ApplicationRate,
            60_012 => Self::ApplicationMissing,
            60_013 => Self::BackendAnswer,
            60_014 => Self::AccountResolution,
            60_015 => Self::AccountNotString,
            60_016 => Self::ApplicationDisabled,
            60_017 => Self::RequestDisabled,
            60_018 => Self::TooManyRequests,
            60_019 => Self::TooManyRequestsOther,
            60_020 => Self::PackageExpired,
            60_021 => Self::AddressNotAllowed,
            60_025 => Self::UrlParameter,
            60_026 => Self::WrongRegion,
            60_027 => Self::ProductNotAllowed,
            60_028 => Self::TrialVolume,
            70_001 => Self::UserSigExpired,
            70_002 => Self::UserSigEmpty,
            70_003 => Self::UserSigInvalid,
            70_005 => Self::UserSigInvalidOther,
            70_009 => Self::UserSigVerification,
            70_013 => Self::UserSigIdentifier,
            70_014 => Self::UserSigApplication,
            70_016 => Self::NoKey,
            70_020 => Self::NoSuchApplication,
            70_050 => Self::TooManyFailures,
            70_051 => Self::AccountBlocked,
            70_107 => Self::NoSuchAccount,
            70_114 => Self::LoginRestricted,
            70_169 => Self::AccountTimedOut,
            70_202 => Self::AccountTimedOutOther,
            70_206 => Self::BatchSize,
            70_398 => Self::AccountQuota,
            70_399 => Self::RecentlyDeleted,
            70_402 => Self::AccountParameter,
            70_403 => Self::AccountNotAdministrator,
            70_404 => Self::ClientTooOld,
            70_500 => Self::AccountInternal,
            71_000 => Self::DeletionNotAllowed,
            _ => return None,
        })
    }

    /// The default text of the code, for `ErrorInfo` or `ResultInfo`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::GroupInternal => "Internal error of the group service; try again.",
            Self::GroupUnknownCommand => "The group service has no such command.",
            Self::GroupParameter => "A request parameter is wrong.",
            Self::TooManyMembers => "The call names more than 100 members.",
            Self::GroupNotPermitted => {
                "The caller is not permitted to do this, or is not an administrator of the application."
            }
            Self::NoSuchChatGroup => "The chat group does not exist or was disbanded.",
            Self::ChatGroupId => "The chat group's id is not valid.",
            Self::CallbackRefused => "The application's callback refused the operation.",
            Self::AnswerTooLarge => "The answer would be larger than 1 MB; ask for less.",
            Self::MemberNotImported => "An account of the request does not exist.",
            Self::ChatGroupIdTaken => "The chat group's id is already used by another owner.",
            Self::ChatGroupExists => "The chat group exists already and has the same owner.",
            Self::AvChatRoomQuota => "The package allows no more chat rooms of this type.",
            Self::UserChatGroupQuota => {
                "The user has created or joined as many chat groups as the package allows."
            }
            Self::ChatGroupMemberQuota => "The chat group has as many members as the package allows.",
            Self::ChatGroupQuota => "The application has as many chat groups as the package allows.",
            Self::NotImported => "The account has not been imported.",
            Self::Parameter => "A request parameter is wrong.",
            Self::NotAdministrator => "The caller is not an administrator of the application.",
            Self::Internal => "Internal error; try again.",
            Self::TimedOut => {
                "The operation timed out and may or may not have been carried out; try again later."
            }
            Self::ContactCount => "The number of conversations must be 1 to 100.",
            Self::ChatGroupUnresolved => {
                "The chat group does not exist, was disbanded, or could not be resolved."
            }
            Self::ContactQuota => "The user has as many grouped or marked conversations as are allowed.",
            Self::NoSuchContactGroup => "The conversation group does not exist.",
            Self::ContactGroupQuota => "The user has as many conversation groups as are allowed.",
            Self::ContactGroupName => "The conversation group's name is empty or too long.",
            Self::PinnedQuota => "The user has as many pinned conversations as are allowed.",
            Self::Edition => "The edition does not include standard marks or conversation groups.",
            Self::RevisionChanged => "The user has changed since the revision of if_revision.",
            Self::KeyReused => "Another call was made under this idempotency key.",
            Self::CursorInvalid => "The cursor is not one of this user; start again without one.",
            Self::HttpParse => "HTTP parse Error",
            Self::JsonParse => "The request body is not a valid JSON object.",
            Self::AccountCheck => "The account check failed; try again.",
            Self::SignatureCheck => "The signature check failed; try again.",
            Self::ApplicationInvalid => "The application number is not valid.",
            Self::CallRate => "The call's rate limit is exceeded; slow down.",
            Self::BackendTimedOut => "service timeout or request format error,please check and try again",
            Self::NoSuchResource => "The requested path does not exist; check the URL.",
            Self::CommonNotAdministrator => "The request requires an administrator of the application.",
            Self::ApplicationRate => "The application's request rate is exceeded; slow down.",
            Self::ApplicationMissing => "sdkappid is missing from the URL.",
            Self::BackendAnswer => "The backend's answer could not be parsed.",
            Self::AccountResolution => "The resolution of an account timed out; try again.",
            Self::AccountNotString => "An account in the request body is not a string.",
            Self::ApplicationDisabled => "The application is disabled.",
            Self::RequestDisabled => "The request is disabled.",
            Self::TooManyRequests => "Too many requests; slow down.",
            Self::TooManyRequestsOther => "Too many requests; slow down.",
            Self::PackageExpired => "The application's package has expired.",
            Self::AddressNotAllowed => "The source address is not allowed.",
            Self::UrlParameter => "sdkappid, identifier, usersig or contenttype in the URL is wrong.",
            Self::WrongRegion => "The host does not match the application's region.",
            Self::ProductNotAllowed => "The product type does not allow this call.",
            Self::TrialVolume => "The trial edition's daily number of requests is used up.",
            Self::UserSigExpired => "The UserSig has expired.",
            Self::UserSigEmpty => "The UserSig is missing or empty.",
            Self::UserSigInvalid => "The UserSig is not valid.",
            Self::UserSigInvalidOther => "The UserSig is not valid.",
            Self::UserSigVerification => "The UserSig could not be verified; it was made with another key.",
            Self::UserSigIdentifier => "The identifier does not match the UserSig.",
            Self::UserSigApplication => "The sdkappid does not match the UserSig.",
            Self::NoKey => "No key is known for the application.",
            Self::NoSuchApplication => "The application does not exist.",
            Self::TooManyFailures => "Too many UserSig checks have failed; wait one minute.",
            Self::AccountBlocked => "The account is on the block list.",
            Self::NoSuchAccount => "Err_TLS_PT_Open_Login_Account_Not_Exist",
            Self::LoginRestricted => "The login is restricted for security.",
            Self::AccountTimedOut => "The account service timed out; try again.",
            Self::AccountTimedOutOther => "The account service timed out; try again.",
            Self::BatchSize => "The number of items in the batch is not valid.",
            Self::AccountQuota => "The application has as many accounts as are allowed.",
            Self::RecentlyDeleted => "The account was deleted and may not be imported again yet.",
            Self::AccountParameter => "A request parameter is wrong.",
            Self::AccountNotAdministrator => "The caller is not an administrator of the application.",
            Self::ClientTooOld => "The client SDK is too old.",
            Self::AccountInternal => "Internal error of the account service; try again.",
            Self::DeletionNotAllowed => "The application does not allow accounts to be deleted.",
        }
    }

    /// Whether the same call may succeed when it is made again a little later.
    ///
    /// Says nothing of whether the first try left something behind: see [`Code::has_no_side_effects`].
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::GroupInternal
            | Self::Internal
            | Self::TimedOut
            | Self::AccountCheck
            | Self::SignatureCheck
            | Self::CallRate
            | Self::BackendTimedOut
            | Self::ApplicationRate
            | Self::AccountResolution
            | Self::TooManyRequests
            | Self::TooManyRequestsOther
            | Self::TooManyFailures
            | Self::AccountTimedOut
            | Self::AccountTimedOutOther
            | Self::AccountInternal => true,
            Self::GroupUnknownCommand
            | Self::GroupParameter
            | Self::TooManyMembers
            | Self::GroupNotPermitted
            | Self::NoSuchChatGroup
            | Self::ChatGroupId
            | Self::CallbackRefused
            | Self::AnswerTooLarge
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
            | Self::BackendAnswer
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
            | Self::DeletionNotAllowed => false,
        }
    }

    /// Whether the code guarantees that the call, or the item it was given for, has changed nothing.
    pub const fn has_no_side_effects(self) -> bool {
        match self {
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
            | Self::AccountCheck
            | Self::SignatureCheck
            | Self::ApplicationInvalid
            | Self::CallRate
            | Self::NoSuchResource
            | Self::CommonNotAdministrator
            | Self::ApplicationRate
            | Self::ApplicationMissing
            | Self::AccountNotString
            | Self::ApplicationDisabled
            | Self::RequestDisabled
            | Self::TooManyRequests
            | Self::TooManyRequestsOther
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
            | Self::TooManyFailures
            | Self::AccountBlocked
            | Self::NoSuchAccount
            | Self::LoginRestricted
            | Self::BatchSize
            | Self::AccountQuota
            | Self::RecentlyDeleted
            | Self::AccountParameter
            | Self::AccountNotAdministrator
            | Self::ClientTooOld
            | Self::DeletionNotAllowed => true,
            Self::GroupInternal
            | Self::AnswerTooLarge
            | Self::Internal
            | Self::TimedOut
            | Self::BackendTimedOut
            | Self::BackendAnswer
            | Self::AccountResolution
            | Self::AccountTimedOut
            | Self::AccountTimedOutOther
            | Self::AccountInternal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_one_to_one() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
            assert!(!code.text().is_empty());
        }
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number(), "{pair:?}");
        }
        let known = (-1..100_000).filter(|number| Code::from_number(*number).is_some()).count();
        assert_eq!(known, Code::ALL.len());
    }

    #[test]
    fn what_cannot_be_known_is_not_promised() {
        let unsure: Vec<i32> =
            Code::ALL.iter().filter(|code| !code.has_no_side_effects()).map(|code| code.number()).collect();
        assert_eq!(unsure, [10002, 10018, 50004, 50005, 60008, 60013, 60014, 70169, 70202, 70500]);
    }

    #[test]
    fn codes_that_tell_the_caller_to_try_again_are_retryable() {
        for number in [50004, 50005, 60007, 60011, 60018, 60019, 70169, 70500] {
            let code = Code::from_number(number).unwrap();
            assert!(code.is_retryable(), "{number}");
        }
        for number in [50001, 50002, 50003, 51006, 51009, 60003, 60009, 70001, 70009] {
            let code = Code::from_number(number).unwrap();
            assert!(!code.is_retryable(), "{number}");
        }
    }
}
