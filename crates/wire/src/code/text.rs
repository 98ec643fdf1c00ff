//! What is said of each code.
//!
//! The texts are Foldmark's own, except for the two of the gateway and the one of 70107 that are on public record.

use super::Code;

impl Code {
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
}
