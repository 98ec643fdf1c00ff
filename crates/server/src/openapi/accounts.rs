//! Requests and replies of the account calls.

use foldmark_wire::limits::ACCOUNTS_PER_CALL_MAX;
use utoipa::openapi::Schema;

use super::build::{Named, list, named, object, of, optional, required, text};
use super::values::{plain, profile_fields, reply, result_fields};

/// As many accounts as a call may name.
const MOST: Option<usize> = Some(ACCOUNTS_PER_CALL_MAX);

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let mut schemas = import();
    schemas.extend(check());
    schemas.extend(delete());
    schemas
}

fn import() -> Vec<Named> {
    let names = list(
        "Accounts by their ids alone. At most 100 together with `AccountList`, and one in either.",
        of("UserId"),
        None,
        MOST,
    );
    let profiles = list("Accounts with their profiles.", of("Account"), None, MOST);
    let failed = list(
        "The ids that were not imported, as sent: no user can have such an id, or something broke. Empty if all were; \
         there with `OK`.",
        text("An id of the request.").build().into(),
        None,
        MOST,
    );
    let user_id = || {
        required("UserID", named("UserId", "The id. Older clients call this field `Identifier`, here only."))
    };
    vec![
        (
            "AccountImportRequest",
            object("The account to import.", std::iter::once(user_id()).chain(profile_fields())),
        ),
        ("AccountImportReply", reply("Whether the account is imported.", [])),
        (
            "MultiaccountImportRequest",
            object(
                "The accounts to import: 1 to 100, in one list or in both.",
                [optional("Accounts", names), optional("AccountList", profiles)],
            ),
        ),
        (
            "Account",
            object(
                "An account with its profile.",
                std::iter::once(required("UserID", named("UserId", "The id."))).chain(profile_fields()),
            ),
        ),
        (
            "MultiaccountImportReply",
            reply("Which accounts are not imported.", [optional("FailAccounts", failed)]),
        ),
        ("AccountName", object("An account, by its id.", [required("UserID", named("UserId", "The id."))])),
    ]
}

fn check() -> Vec<Named> {
    let [code, info] = result_fields();
    let status = named("AccountStatus", "Whether it is imported; `NotImported` with a refusal.");
    vec![
        ("AccountCheckRequest", object("The accounts to ask about.", [required("CheckItem", accounts())])),
        (
            "AccountCheckReply",
            reply("What is known of the accounts.", [optional("ResultItem", results("AccountCheckResult"))]),
        ),
        (
            "AccountCheckResult",
            object(
                "What is known of one account.",
                [required("UserID", as_sent()), code, info, required("AccountStatus", status)],
            ),
        ),
    ]
}

fn delete() -> Vec<Named> {
    let [code, info] = result_fields();
    vec![
        ("AccountDeleteRequest", object("The accounts to delete.", [required("DeleteItem", accounts())])),
        (
            "AccountDeleteReply",
            reply("What became of the accounts.", [optional("ResultItem", results("AccountDeleteResult"))]),
        ),
        (
            "AccountDeleteResult",
            object("What became of one account.", [code, info, required("UserID", as_sent())]),
        ),
    ]
}

fn accounts() -> Schema {
    list("1 to 100 accounts.", of("AccountName"), Some(1), MOST)
}

fn results(name: &str) -> Schema {
    list("A result for each account of the request, in its order; there with `OK`.", of(name), Some(1), MOST)
}

fn as_sent() -> utoipa::openapi::RefOr<Schema> {
    plain("The id as in the request, also if no user can have it.")
}
