//! Which faults belong to the call and which to an entry.

use super::*;
use crate::json::parse_body;

fn import(body: &str) -> Result<String, String> {
    let body = parse_body(body.as_bytes()).unwrap();
    match AccountImport::parse(&body) {
        Ok(account) => Ok(account.user_id.into_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn batch(body: &str) -> Result<Vec<String>, String> {
    let body = parse_body(body.as_bytes()).unwrap();
    let request = MultiaccountImport::parse(&body).map_err(|fault| fault.to_string())?;
    let show = |entry: &Result<AccountImport<'_>, BadAccount<'_>>| match entry {
        Ok(account) => format!("+{}", account.user_id),
        Err(bad) => format!("-{}: {}", bad.user_id, bad.fault),
    };
    Ok(request.entries.iter().map(show).collect())
}

#[test]
fn import_takes_either_name_of_the_user_id() {
    assert_eq!(import(r#"{"UserID":"a"}"#).unwrap(), "a");
    assert_eq!(import(r#"{"Identifier":"b"}"#).unwrap(), "b");
    assert_eq!(import(r#"{"Identifier":"b","UserID":null}"#).unwrap(), "b");
    assert_eq!(import(r#"{"Identifier":7,"UserID":"a"}"#).unwrap(), "a");
    assert_eq!(import(r#"{"UserID":"a","Nick":null,"FaceUrl":""}"#).unwrap(), "a");
}

#[test]
fn wrong_imports_are_70402() {
    for (body, fault) in [
        ("{}".to_owned(), "UserID is missing"),
        (r#"{"UserID":1}"#.to_owned(), "UserID must be a string"),
        (r#"{"UserID":""}"#.to_owned(), "UserID must not be empty"),
        (r#"{"Identifier":"a\n"}"#.to_owned(), "Identifier must not contain control characters"),
        (format!(r#"{{"UserID":"{}"}}"#, "x".repeat(33)), "UserID must not be longer than 32 bytes"),
        (r#"{"UserID":"a","Nick":1}"#.to_owned(), "Nick must be a string"),
        (
            format!(r#"{{"UserID":"a","Nick":"{}"}}"#, "x".repeat(501)),
            "Nick must not be longer than 500 bytes",
        ),
        (format!(r#"{{"FaceUrl":"{}"}}"#, "x".repeat(501)), "FaceUrl must not be longer than 500 bytes"),
    ] {
        assert_eq!(import(&body).unwrap_err(), format!("{fault} (70402)"));
    }
    assert!(import(&format!(r#"{{"UserID":"a","Nick":"{}"}}"#, "x".repeat(500))).is_ok());
}

#[test]
fn a_bad_name_of_a_batch_belongs_to_its_entry() {
    let entries =
        batch(r#"{"Accounts":["a","","b\u007f"],"AccountList":[{"UserID":"c"},{"UserID":"\t"}]}"#).unwrap();
    assert_eq!(
        entries,
        [
            "+a",
            "-: Accounts[1] must not be empty (70402)",
            "-b\u{7f}: Accounts[2] must not contain control characters (70402)",
            "+c",
            "-\t: AccountList[1].UserID must not contain control characters (70402)",
        ]
    );
    let long = format!(r#"{{"AccountList":[{{"UserID":"a","Nick":"{}"}}]}}"#, "x".repeat(501));
    assert_eq!(batch(&long).unwrap(), ["-a: AccountList[0].Nick must not be longer than 500 bytes (70402)"]);
}

#[test]
fn a_wrong_type_or_count_fails_the_batch() {
    let names = |count: usize| vec!["\"u\""; count].join(",");
    assert_eq!(batch(&format!(r#"{{"Accounts":[{}]}}"#, names(100))).unwrap().len(), 100);
    for body in [
        "{}".to_owned(),
        r#"{"Accounts":[]}"#.to_owned(),
        r#"{"Accounts":null,"AccountList":[]}"#.to_owned(),
        format!(r#"{{"Accounts":[{}]}}"#, names(101)),
        format!(r#"{{"Accounts":[{}],"AccountList":[{{"UserID":"v"}}]}}"#, names(100)),
    ] {
        let fault = "Accounts and AccountList must hold 1 to 100 accounts together (70402)";
        assert_eq!(batch(&body).unwrap_err(), fault);
    }
    for (body, fault) in [
        (r#"{"Accounts":"a"}"#, "Accounts must be an array"),
        (r#"{"Accounts":["a",1]}"#, "Accounts[1] must be a string"),
        (r#"{"AccountList":["a"]}"#, "AccountList[0] must be an object"),
        (r#"{"AccountList":[{}]}"#, "AccountList[0].UserID is missing"),
        (r#"{"AccountList":[{"UserID":"a","Nick":[]}]}"#, "AccountList[0].Nick must be a string"),
    ] {
        assert_eq!(batch(body).unwrap_err(), format!("{fault} (70402)"));
    }
}

#[test]
fn check_and_delete_give_each_bad_user_id_its_result() {
    let text =
        r#"{"CheckItem":[{"UserID":"a"},{"UserID":""}],"DeleteItem":[{"UserID":"\n"},{"UserID":"b"}]}"#;
    let body = parse_body(text.as_bytes()).unwrap();
    let check = AccountCheck::parse(&body).unwrap();
    assert_eq!(check.entries[0], Ok("a".into()));
    let bad = check.entries[1].clone().unwrap_err();
    let result = AccountCheckResult::from(bad);
    assert_eq!((result.code, result.status), (70402, AccountStatus::NotImported));

    let delete = AccountDelete::parse(&body).unwrap();
    let result = AccountDeleteResult::from(delete.entries[0].clone().unwrap_err());
    assert_eq!((result.code, result.user_id.as_ref()), (70402, "\n"));
    assert_eq!(result.info, "DeleteItem[0].UserID must not contain control characters");
    assert_eq!(delete.entries[1], Ok("b".into()));
}

#[test]
fn wrong_checks_are_70402() {
    let many = format!(r#"{{"CheckItem":[{}]}}"#, vec![r#"{"UserID":"u"}"#; 101].join(","));
    for (body, fault) in [
        ("{}", "CheckItem is missing"),
        (r#"{"CheckItem":{}}"#, "CheckItem must be an array"),
        (r#"{"CheckItem":[]}"#, "CheckItem must hold 1 to 100 accounts"),
        (&many, "CheckItem must hold 1 to 100 accounts"),
        (r#"{"CheckItem":["a"]}"#, "CheckItem[0] must be an object"),
        (r#"{"CheckItem":[{}]}"#, "CheckItem[0].UserID is missing"),
        (r#"{"CheckItem":[{"UserID":7}]}"#, "CheckItem[0].UserID must be a string"),
    ] {
        let parsed = AccountCheck::parse(&parse_body(body.as_bytes()).unwrap()).map(|_| ());
        assert_eq!(parsed.unwrap_err().to_string(), format!("{fault} (70402)"));
    }
}

#[test]
fn unknown_statuses_are_read_as_not_imported() {
    let read = |json: &str| serde_json::from_str::<AccountCheckResult<'_>>(json).unwrap().status;
    assert_eq!(read(r#"{"UserID":"a","ResultCode":0,"AccountStatus":"Imported"}"#), AccountStatus::Imported);
    assert_eq!(read(r#"{"UserID":"a","ResultCode":0,"AccountStatus":""}"#), AccountStatus::NotImported);
    assert_eq!(read(r#"{"UserID":"a","ResultCode":70402}"#), AccountStatus::NotImported);
}

#[test]
fn a_hundred_are_checked_and_one_more_is_not() {
    let check = |count: usize| {
        let items = vec![r#"{"UserID":"a"}"#; count].join(",");
        let body = format!(r#"{{"CheckItem":[{items}]}}"#);
        let body = parse_body(body.as_bytes()).unwrap();
        AccountCheck::parse(&body).map(|request| request.entries.len()).map_err(|fault| fault.to_string())
    };
    assert_eq!(check(100), Ok(100));
    assert_eq!(check(101).unwrap_err(), "CheckItem must hold 1 to 100 accounts (70402)");
}

#[test]
fn either_part_of_a_profile_is_sent() {
    let sent =
        |account: AccountImport<'_>| serde_json::to_string(&MultiaccountImport::new([account])).unwrap();
    let plain = AccountImport::new("a");
    assert_eq!(sent(plain.clone()), r#"{"Accounts":["a"]}"#);
    let named = AccountImport { nick: Some("A".into()), ..plain.clone() };
    assert_eq!(sent(named), r#"{"AccountList":[{"UserID":"a","Nick":"A"}]}"#);
    let pictured = AccountImport { face_url: Some("http://a".into()), ..plain };
    assert_eq!(sent(pictured), r#"{"AccountList":[{"UserID":"a","FaceUrl":"http://a"}]}"#);
}
