//! The account calls: import, batch import, check, delete.
//!
//! Wrong parameters are 70402 here. In the calls that name many accounts a *content* that cannot be a user (an
//! empty id, one that is too long, control characters) belongs to its entry and is handed over with it, while a
//! wrong JSON type, a missing field or a wrong number of entries refuses the call (decision 78).

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::code::Code;
use crate::extract::Place;
use crate::fault::Fault;
use crate::json::{Object, Value};
use crate::limits::{ACCOUNTS_PER_CALL_MAX, FACE_URL_BYTES_MAX, NICK_BYTES_MAX, USER_ID_BYTES_MAX};
use crate::reply::{Reply, Tail, code_and_info, null_as_default};

/// `account_import`: one account, and an entry of `multiaccount_import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountImport<'a> {
    /// The user id, at most 32 bytes without control characters.
    #[serde(rename = "UserID")]
    pub user_id: Cow<'a, str>,
    /// The nickname, if the request names one.
    #[serde(rename = "Nick", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// The address of the user's picture, if the request names one.
    #[serde(rename = "FaceUrl", skip_serializing_if = "Option::is_none")]
    pub face_url: Option<Cow<'a, str>>,
}

/// An entry of a batch that names no possible account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAccount<'a> {
    /// The user id as sent.
    pub user_id: Cow<'a, str>,
    /// What is wrong with the entry.
    pub fault: Fault,
}

/// `multiaccount_import`: 1 to 100 accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiaccountImport<'a> {
    /// The entries in the order of the request.
    pub entries: Vec<Result<AccountImport<'a>, BadAccount<'a>>>,
}

/// `account_check`: which of 1 to 100 accounts are imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCheck<'a> {
    /// The user ids in the order of the request.
    pub entries: Vec<Result<Cow<'a, str>, BadAccount<'a>>>,
}

/// `account_delete`: deletes 1 to 100 accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDelete<'a> {
    /// The user ids in the order of the request.
    pub entries: Vec<Result<Cow<'a, str>, BadAccount<'a>>>,
}

const BODY: Place<'static> = Place::body(Code::AccountParameter);

impl<'a> AccountImport<'a> {
    /// An account without a profile.
    pub fn new(user_id: impl Into<Cow<'a, str>>) -> Self {
        Self { user_id: user_id.into(), nick: None, face_url: None }
    }

    /// Checks a body and takes the request out of it. The older field `Identifier` stands in for `UserID`.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let id_field = if body.get("UserID").is_none() { "Identifier" } else { "UserID" };
        let mut user_id = None;
        let mut nick = None;
        let mut face_url = None;
        for (name, value) in body.fields() {
            match name {
                "UserID" => user_id = Some(BODY.field("UserID").user_id(value)?),
                "Identifier" if id_field == name => user_id = Some(BODY.field("Identifier").user_id(value)?),
                "Nick" => nick = Some(BODY.field("Nick").short_string(value, NICK_BYTES_MAX)?),
                "FaceUrl" => face_url = Some(BODY.field("FaceUrl").short_string(value, FACE_URL_BYTES_MAX)?),
                _ => {}
            }
        }
        let user_id = Cow::Borrowed(BODY.required("UserID", user_id)?);
        Ok(Self { user_id, nick: nick.map(Cow::Borrowed), face_url: face_url.map(Cow::Borrowed) })
    }
}

impl<'a> MultiaccountImport<'a> {
    /// A request for these accounts.
    pub fn new(accounts: impl IntoIterator<Item = AccountImport<'a>>) -> Self {
        Self { entries: accounts.into_iter().map(Ok).collect() }
    }

    /// Checks a body and takes the request out of it.
    ///
    /// `Accounts` holds bare user ids, the newer `AccountList` objects with profiles. A body that has both is read
    /// as one list, names first, and the limit is on their sum.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let names_place = BODY.field("Accounts");
        let profiles_place = BODY.field("AccountList");
        let mut names: &[Value<'_>] = &[];
        let mut profiles: &[Value<'_>] = &[];
        for (name, value) in body.fields() {
            match name {
                "Accounts" => names = names_place.array(value)?,
                "AccountList" => profiles = profiles_place.array(value)?,
                _ => {}
            }
        }
        let count = names.len() + profiles.len();
        if count == 0 || count > ACCOUNTS_PER_CALL_MAX {
            let what =
                format_args!("and AccountList must hold 1 to {ACCOUNTS_PER_CALL_MAX} accounts together");
            return Err(names_place.fault(what));
        }
        let mut entries = Vec::with_capacity(count);
        for (index, value) in names.iter().enumerate() {
            let checked = checked_user_id(&names_place.item(index), value)?;
            entries.push(checked.map(AccountImport::new));
        }
        for (index, value) in profiles.iter().enumerate() {
            entries.push(parse_profile(&profiles_place.item(index), value)?);
        }
        Ok(Self { entries })
    }
}

fn parse_profile<'a>(
    place: &Place<'_>,
    value: &'a Value<'a>,
) -> Result<Result<AccountImport<'a>, BadAccount<'a>>, Fault> {
    let object = place.object(value)?;
    let user_id_place = place.field("UserID");
    let user_id = user_id_place.string(place.required("UserID", object.get("UserID"))?)?;
    let mut wrong = user_id_place.check_id(user_id, USER_ID_BYTES_MAX).err();
    let mut nick = None;
    let mut face_url = None;
    for (name, value) in object.fields() {
        let (place, max, target) = match name {
            "Nick" => (place.field("Nick"), NICK_BYTES_MAX, &mut nick),
            "FaceUrl" => (place.field("FaceUrl"), FACE_URL_BYTES_MAX, &mut face_url),
            _ => continue,
        };
        *target = Some(Cow::Borrowed(place.string(value)?));
        if let Err(fault) = place.short_string(value, max) {
            wrong.get_or_insert(fault);
        }
    }
    let user_id = Cow::Borrowed(user_id);
    Ok(match wrong {
        Some(fault) => Err(BadAccount { user_id, fault }),
        None => Ok(AccountImport { user_id, nick, face_url }),
    })
}

impl<'a> AccountCheck<'a> {
    /// A request for these accounts.
    pub fn new(user_ids: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        Self { entries: user_ids.into_iter().map(Ok).collect() }
    }

    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Ok(Self { entries: parse_user_ids(body, "CheckItem")? })
    }
}

impl<'a> AccountDelete<'a> {
    /// A request for these accounts.
    pub fn new(user_ids: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        Self { entries: user_ids.into_iter().map(Ok).collect() }
    }

    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Ok(Self { entries: parse_user_ids(body, "DeleteItem")? })
    }
}

type CheckedUserId<'a> = Result<Cow<'a, str>, BadAccount<'a>>;

fn parse_user_ids<'a>(body: &'a Object<'a>, field: &'static str) -> Result<Vec<CheckedUserId<'a>>, Fault> {
    let list = BODY.field(field);
    let values = list.array(BODY.required(field, body.get(field))?)?;
    if values.is_empty() || values.len() > ACCOUNTS_PER_CALL_MAX {
        return Err(list.fault(format_args!("must hold 1 to {ACCOUNTS_PER_CALL_MAX} accounts")));
    }
    let mut entries = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let place = list.item(index);
        let user_id = place.required("UserID", place.object(value)?.get("UserID"))?;
        entries.push(checked_user_id(&place.field("UserID"), user_id)?);
    }
    Ok(entries)
}

/// A wrong type is a fault of the call, a wrong content one of the entry.
fn checked_user_id<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<CheckedUserId<'a>, Fault> {
    let user_id = Cow::Borrowed(place.string(value)?);
    match place.check_id(&user_id, USER_ID_BYTES_MAX) {
        Ok(()) => Ok(Ok(user_id)),
        Err(fault) => Ok(Err(BadAccount { user_id, fault })),
    }
}

/// The older `Accounts` where no entry has a profile, `AccountList` otherwise.
impl Serialize for MultiaccountImport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = Vec::with_capacity(self.entries.len());
        let mut any_profile = false;
        for entry in &self.entries {
            let (user_id, nick, face_url) = match entry {
                Ok(account) => (&account.user_id, account.nick.as_deref(), account.face_url.as_deref()),
                Err(bad) => (&bad.user_id, None, None),
            };
            any_profile |= nick.is_some() || face_url.is_some();
            list.push(AccountImport {
                user_id: Cow::Borrowed(user_id),
                nick: nick.map(Cow::Borrowed),
                face_url: face_url.map(Cow::Borrowed),
            });
        }
        let mut body = serializer.serialize_struct("MultiaccountImport", 1)?;
        if any_profile {
            body.serialize_field("AccountList", &list)?;
        } else {
            let names: Vec<&str> = list.iter().map(|account| account.user_id.as_ref()).collect();
            body.serialize_field("Accounts", &names)?;
        }
        body.end()
    }
}

impl Serialize for AccountCheck<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_user_ids(serializer, "CheckItem", &self.entries)
    }
}

impl Serialize for AccountDelete<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_user_ids(serializer, "DeleteItem", &self.entries)
    }
}

fn serialize_user_ids<S: Serializer>(
    serializer: S,
    field: &'static str,
    entries: &[CheckedUserId<'_>],
) -> Result<S::Ok, S::Error> {
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let user_id = match entry {
            Ok(user_id) => user_id,
            Err(bad) => &bad.user_id,
        };
        items.push(UserIdItem { user_id });
    }
    let mut body = serializer.serialize_struct("UserIds", 1)?;
    body.serialize_field(field, &items)?;
    body.end()
}

#[derive(Serialize)]
struct UserIdItem<'a> {
    #[serde(rename = "UserID")]
    user_id: &'a str,
}

/// The reply of `account_import`, which has no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountImportReply {}

impl Reply for AccountImportReply {
    const TAIL: Tail = Tail::InfoFirst;
}

/// The reply of `multiaccount_import`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MultiaccountImportReply<'a> {
    /// The user ids that were not imported, as sent.
    #[serde(rename = "FailAccounts", default, deserialize_with = "null_as_default")]
    pub fail_accounts: Vec<Cow<'a, str>>,
}

impl Reply for MultiaccountImportReply<'_> {}

/// The reply of `account_check`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountCheckReply<'a> {
    /// One result per user id of the request, in its order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<AccountCheckResult<'a>>,
}

impl Reply for AccountCheckReply<'_> {}

/// What is known of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCheckResult<'a> {
    /// The user id of the request.
    #[serde(rename = "UserID")]
    pub user_id: Cow<'a, str>,
    /// 0, or the code of the refusal.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty, or the reason of the refusal.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
    /// Whether the account is imported; never with a refusal.
    #[serde(rename = "AccountStatus", default, deserialize_with = "null_as_default")]
    pub status: AccountStatus,
}

/// Whether an account is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum AccountStatus {
    /// It is.
    Imported,
    /// It is not, or cannot be.
    #[default]
    #[serde(other)]
    NotImported,
}

impl<'a> AccountCheckResult<'a> {
    /// The status of an account.
    pub fn new(user_id: impl Into<Cow<'a, str>>, status: AccountStatus) -> Self {
        Self { user_id: user_id.into(), code: 0, info: Cow::Borrowed(""), status }
    }
}

impl<'a> From<BadAccount<'a>> for AccountCheckResult<'a> {
    fn from(bad: BadAccount<'a>) -> Self {
        let (code, info) = code_and_info(Some(bad.fault));
        Self { user_id: bad.user_id, code, info, status: AccountStatus::NotImported }
    }
}

/// The reply of `account_delete`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountDeleteReply<'a> {
    /// One result per user id of the request, in its order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<AccountDeleteResult<'a>>,
}

impl Reply for AccountDeleteReply<'_> {}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDeleteResult<'a> {
    /// 0, or the code of the refusal: 70107 for an account that does not exist.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty, or the reason of the refusal.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
    /// The user id of the request.
    #[serde(rename = "UserID")]
    pub user_id: Cow<'a, str>,
}

impl<'a> AccountDeleteResult<'a> {
    /// A success, or the given refusal.
    pub fn new(user_id: impl Into<Cow<'a, str>>, refusal: Option<Fault>) -> Self {
        let (code, info) = code_and_info(refusal);
        Self { code, info, user_id: user_id.into() }
    }
}

impl<'a> From<BadAccount<'a>> for AccountDeleteResult<'a> {
    fn from(bad: BadAccount<'a>) -> Self {
        Self::new(bad.user_id, Some(bad.fault))
    }
}

#[cfg(test)]
mod tests;
