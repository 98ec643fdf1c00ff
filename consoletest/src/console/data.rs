//! The users that the pages are looked at with.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Http;
use crate::receiver::TAKEN;
use crate::server::{SDKAPPID, Server};

/// A user as there are many.
pub(crate) const USUAL: &str = "alice";
/// A user of whom nothing is kept.
pub(crate) const EMPTY: &str = "nobody";
/// A user who has as much as may be by default.
pub(crate) const HEAVY: &str = "heavy";
/// A user whose id, profile, groups and marks are [`HOSTILE`].
pub(crate) const HOSTILE_USER: &str = "<b>\"&'mallory";
/// An application without users.
pub(crate) const EMPTY_APP: u32 = SDKAPPID + 1;
/// An application with a receiver of webhooks.
pub(crate) const HOOKED_APP: u32 = SDKAPPID + 2;
/// Shorter than most pauses between two tries of a user.
const BETWEEN_OTHERS: Duration = Duration::from_secs(1);
const HOOKED_KEY: &str = "a third key of the harness";

/// Texts that are something else than text where they are not escaped, and texts that change what stands beside them.
pub(crate) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea></title><h1>&lt;&amp;",
    "{{ 7*7 }} ${7*7} <% 7 %>",
    "\u{202E}gnp.exe\u{2066}",
    "😀👩‍👩‍👧‍👦🏳️‍🌈𝕬",
    "javascript:alert(1)",
];

/// The lines of the configuration that the pages are looked at with, after the first ones of the first application.
/// `receiver` is told what changes in [`HOOKED_APP`].
pub(crate) fn config(receiver: SocketAddr) -> String {
    format!(
        "mark_names = [\"32=VIP\", \"33=<i>urgent</i>\", \"40=稍后处理\"]\n[apps.limits]\ncalls_per_second = 0\n\
         [[apps]]\nsdkappid = {EMPTY_APP}\nkey = \"another key of the harness\"\n\
         [[apps]]\nsdkappid = {HOOKED_APP}\nkey = \"{HOOKED_KEY}\"\n\
         [apps.webhook]\nurl = \"http://{receiver}/where/changes/are/told?token=hidden\"\n\
         secret = \"whsec_dGhlIGhhcm5lc3MgZG9lcyBub3QgY2hlY2sgdGhpcyE=\"\ngive_up_seconds = 60\n"
    )
}

/// Puts all users and chat groups, and `many` further users of whom nothing is kept.
pub(crate) fn put(server: &Server, http: &Http, many: usize) -> Result<(), String> {
    let mut lines = vec![chat_group("@TGS#team", true, "Team"), chat_group("@TGS#gone", false, HOSTILE[0])];
    lines.extend([usual(), user(EMPTY, "", &[], &[]), hostile(), heavy()]);
    put_lines(server, http, &lines)?;
    put_hooked(server, http, &["a_user_with_as_long_an_id_as_32b", "eve", HOSTILE_USER])?;
    for start in (0..many).step_by(1_000) {
        let numbers = start..(start + 1_000).min(many);
        let lines: Vec<Value> =
            numbers.map(|number| user(&format!("user_{number:06}"), "", &[], &[])).collect();
        put_lines(server, http, &lines)?;
    }
    calls(server, http)
}

/// Makes accounts of [`HOOKED_APP`], which its receiver is told.
pub(crate) fn put_hooked(server: &Server, http: &Http, ids: &[&str]) -> Result<(), String> {
    for id in ids {
        let body = json!({ "UserID": id });
        server.call_of(HOOKED_APP, HOOKED_KEY, http, "im_open_login_svc/account_import", &body)?;
    }
    Ok(())
}

/// Makes one account of [`HOOKED_APP`] after the other whose events the receiver takes, until it is `ended`: only beside
/// such are others given up.
pub(crate) fn put_others(server: &Server, http: &Http, ended: &AtomicBool) -> Result<(), String> {
    let mut number = 0;
    while !ended.load(Ordering::SeqCst) {
        put_hooked(server, http, &[&format!("{TAKEN}{number}")])?;
        number += 1;
        std::thread::sleep(BETWEEN_OTHERS);
    }
    Ok(())
}

/// Some calls, so that there are figures to be shown, of such as fail too.
fn calls(server: &Server, http: &Http) -> Result<(), String> {
    let found = json!({ "From_Account": USUAL, "StartIndex": 0 });
    for _ in 0..20 {
        server.call(http, "recentcontact/get_contact_group", &found)?;
    }
    let nothing = json!({ "From_Account": USUAL, "GroupName": ["no such group"] });
    match server.call(http, "recentcontact/del_contact_group", &nothing) {
        Err(_) => Ok(()),
        Ok(answer) => Err(format!("deleting no group was answered {answer}")),
    }
}

fn put_lines(server: &Server, http: &Http, lines: &[Value]) -> Result<(), String> {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    let answer = server.import(http, text.join("\n"))?;
    let results: Value = serde_json::from_str(&answer.text).map_err(|_| answer.text.clone())?;
    let results = results["Results"].as_array().ok_or(answer.text)?;
    match results.iter().find(|result| result["Outcome"] != "put") {
        None => Ok(()),
        Some(result) => Err(format!("a user was not put: {result}")),
    }
}

fn usual() -> Value {
    let conversations = [
        conversation(1, &json!({ "Type": 1, "To_Account": "bob" }), "1", "call back", &[1]),
        conversation(2, &json!({ "Type": 1, "To_Account": "carol" }), "011", "", &[1, 2]),
        conversation(3, &json!({ "Type": 2, "ToGroupId": "@TGS#team" }), "", "稍后回复", &[2]),
        conversation(4, &json!({ "Type": 2, "ToGroupId": "@TGS#gone" }), "1", "", &[]),
    ];
    user(USUAL, "Alice Liddell", &["work", "家人"], &conversations)
}

fn hostile() -> Value {
    let numbers = 1_u32..;
    let conversations: Vec<Value> = HOSTILE
        .iter()
        .zip(numbers)
        .map(|(text, number)| {
            let peer = text.chars().take(7).collect::<String>() + &number.to_string();
            conversation(number, &json!({ "Type": 1, "To_Account": peer }), "1", text, &[number])
        })
        .collect();
    let mut user = user(HOSTILE_USER, HOSTILE[0], &HOSTILE, &conversations);
    user["User"]["FaceUrl"] = json!(HOSTILE[7]);
    user
}

fn heavy() -> Value {
    let names: Vec<String> = (1..=20).map(|number| format!("group {number} of a busy person")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let conversations: Vec<Value> = (1..=2_000_u32)
        .map(|number| {
            let peer = json!({ "Type": 1, "To_Account": format!("peer_of_heavy_{number:05}") });
            match number <= 1_000 {
                true => conversation(number, &peer, "", "", &[number % 20 + 1, (number + 7) % 20 + 1]),
                // All bits now and then: a tag for each.
                false => conversation(
                    number,
                    &peer,
                    &"1".repeat(if number % 20 == 0 { 64 } else { 3 }),
                    &format!("mark number {number}"),
                    &[],
                ),
            }
        })
        .collect();
    user(HEAVY, "One who sorts everything", &names, &conversations)
}

fn chat_group(id: &str, is_alive: bool, name: &str) -> Value {
    json!({ "ChatGroup": { "SdkAppid": SDKAPPID, "GroupId": id, "Alive": is_alive, "Type": "Public", "Name": name,
        "Owner_Account": "", "CreateTime": 1_775_217_000 } })
}

fn user(id: &str, nick: &str, groups: &[&str], conversations: &[Value]) -> Value {
    let groups: Vec<Value> = groups
        .iter()
        .zip(1..)
        .map(|(name, id): (_, u32)| json!({ "GroupId": id, "GroupName": name }))
        .collect();
    json!({ "User": { "SdkAppid": SDKAPPID, "UserID": id, "Imported": true, "Nick": nick, "FaceUrl": "",
        "NextGroupId": groups.len() + 1, "NextNumber": conversations.len() + 1, "Groups": groups,
        "Conversations": conversations } })
}

fn conversation(number: u32, contact: &Value, marks: &str, custom: &str, groups: &[u32]) -> Value {
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    json!({ "Contact": contact, "Number": number, "Timestamp": 1_775_217_000, "StandardMark": marks,
        "CustomMark": custom, "ContactGroupId": groups })
}
