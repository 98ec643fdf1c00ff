//! What matters of replies, so that they can be compared with what a replay gives.

use serde_json::{Value, json};

use crate::record::Call;

/// What matters of a reply: what a command's outcome decides.
pub(crate) fn told(call: &Call) -> Value {
    let reply = &call.reply;
    if reply["ErrorCode"] != 0 {
        return json!({ "code": reply["ErrorCode"] });
    }
    if let Some(group) = reply.get("GroupResultItem") {
        return json!({ "group": group[0]["GroupItem"]["GroupId"], "results": codes(&group[0]["ResultItem"]) });
    }
    if let Some(result) = reply.get("UpdateGroupResult") {
        return json!({ "group": result["GroupId"], "results": codes(&result["ContactResultItem"]) });
    }
    if let Some(records) = reply.get("ContactItem") {
        return json!({ "records": records_of(records), "groups": groups(&reply["GroupItem"]), "next": reply["NextStartIndex"] });
    }
    if let Some(records) = reply.get("ContactResultItem") {
        return json!({ "records": records_of(records), "groups": groups(&reply["GroupItem"]) });
    }
    if let Some(groups) = reply.get("GroupItem").filter(|groups| groups[0].get("Count").is_some()) {
        let counted = |group: &Value| {
            json!([group["GroupId"], group["GroupName"], group["Order"], group["Ex"], group["Count"]])
        };
        return json!({ "counted": groups.as_array().unwrap().iter().map(counted).collect::<Vec<_>>() });
    }
    if reply.get("GroupItem").is_some_and(|groups| groups == &json!([])) {
        return json!({ "counted": [] });
    }
    if let Some(group) = reply.get("GroupItem") {
        return json!({ "group": group[0]["GroupId"] });
    }
    match reply.get("ResultItem") {
        // Of the accounts that a call deletes there is one.
        Some(results) if results[0].get("UserID").is_some() => match results[0]["ResultCode"].as_i64() {
            Some(70107) => json!({ "code": 50001 }),
            code => {
                assert_eq!(code, Some(0));
                json!({})
            }
        },
        Some(results) if results[0].get("Command").is_some() => {
            let ids = results.as_array().unwrap().iter().map(|result| &result["GroupId"]);
            json!({ "applied": ids.collect::<Vec<_>>() })
        }
        Some(results) => json!({ "results": codes(results) }),
        None => json!({}),
    }
}

fn codes(results: &Value) -> Vec<&Value> {
    results.as_array().unwrap().iter().map(|result| &result["ResultCode"]).collect()
}

fn groups(groups: &Value) -> Vec<Value> {
    groups.as_array().unwrap().iter().map(|group| json!([group["GroupId"], group["GroupName"]])).collect()
}

fn records_of(records: &Value) -> Vec<Value> {
    records.as_array().unwrap().iter().map(record).collect()
}

fn record(record: &Value) -> Value {
    let peer = record.get("To_Account").unwrap_or(&record["ToGroupId"]);
    let custom = record.get("CustomMark").cloned().unwrap_or_else(|| json!(""));
    let groups = record.get("ContactGroupId").cloned().unwrap_or_else(|| json!([]));
    json!([record["Type"], peer, record["StandardMark"], custom, groups, record["Timestamp"]])
}
