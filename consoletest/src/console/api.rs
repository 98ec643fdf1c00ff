//! The tool that makes any call by a form: its pages before and after a call, with answers that are full of hostile texts,
//! as an administrator and as a viewer; and Swagger UI, which others wrote, and which has to load nothing from elsewhere.

use foldmark_harness::wait_until;
use serde_json::{Value, json};

use super::data::{HOSTILE, HOSTILE_USER, USUAL};
use super::operator::Operator;
use super::texts;
use super::visitor::Visitor;
use crate::browser::PATIENCE;
use crate::server::SDKAPPID;

/// Uses the tool.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.sign_in(&visitor.server.admin_token()?)?;
    for call in ["search_contact_group", "mark_contact", "multiaccount_import", "get_appid_group_list"] {
        visitor.visit(&format!("api-{}", call.replace('_', "-")), &path(call), 200)?;
    }
    visitor.visit("api-wrong", &path("no_such_call"), 404)?;

    answer(visitor, USUAL)?;
    let code = visitor.browser.texts("#answer ~ .table th[scope=row]")?;
    visitor.claim("api", code == ["0"], &format!("a right call has the codes {code:?}"));
    expect_body(visitor, "bob")?;
    visitor.look("api-answer", 200)?;

    answer(visitor, HOSTILE_USER)?;
    for text in HOSTILE {
        expect_body(visitor, json!(text).to_string().trim_matches('"'))?;
    }
    texts::nothing_ran(visitor, "the answer of a call")?;
    visitor.look("api-answer-hostile", 200)?;

    answer(visitor, "no <b>such</b> user")?;
    texts::nothing_ran(visitor, "the refusal of a call")?;
    visitor.look("api-refused", 200)?;
    viewer(visitor)?;
    watch(visitor)?;
    swagger(visitor)
}

/// Somebody is watched, by a viewer: what is changed meanwhile is shown as soon as it happens, whatever it is.
fn watch(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.visit("api-watch", &path("watch"), 200)?;
    let watched = format!("{}?user=watched", path("watch"));
    visitor.open(&watched)?;
    visitor.browser.find("[data-events] li")?;
    for (count, text) in HOSTILE.iter().enumerate() {
        let contact = json!({ "Type": 1, "To_Account": USUAL });
        let item = json!({ "OptType": 2, "ContactItem": contact, "CustomMark": text });
        let body = json!({ "From_Account": "watched", "MarkItem": [item] });
        visitor.server.call(visitor.http, "recentcontact/mark_contact", &body)?;
        visitor.browser.find(&format!("[data-events] li:nth-child({})", count + 2))?;
        let told = visitor.browser.texts("[data-events] li:first-child pre")?;
        let escaped = json!(text).to_string();
        let is_there = told.iter().any(|told| told.contains(&escaped));
        visitor.claim("api-watch", is_there, &format!("{escaped} is not in the event {told:?}"));
    }
    texts::nothing_ran(visitor, "the events of a watch")?;
    visitor.look("api-watch-events", 200)?;
    visitor.open(&watched)?;
    visitor.browser.find("[data-events] li")?;
    visitor.browser.click("[data-stop]")?;
    let hidden = visitor.browser.count("[data-stop][hidden]")?;
    visitor.claim("api-watch", hidden == 1, "a watch cannot be stopped");
    let deleted = json!({ "DeleteItem": [{ "UserID": "watched" }] });
    visitor.server.call(visitor.http, "im_open_login_svc/account_delete", &deleted).map(drop)
}

/// Asks for the conversations of a user.
fn answer(visitor: &Visitor<'_>, user: &str) -> Result<(), String> {
    visitor.open(&path("get_contact_group"))?;
    visitor.browser.put("#body", &json!({ "From_Account": user }).to_string())?;
    visitor.browser.follow("button[value=send]")
}

fn expect_body(visitor: &mut Visitor<'_>, text: &str) -> Result<(), String> {
    let bodies = visitor.browser.texts("#answer-body")?;
    let is_there = bodies.iter().any(|body| body.contains(text));
    visitor.claim("api", is_there, &format!("{text:?} is not in the answer {bodies:?}"));
    Ok(())
}

/// A viewer makes the calls that only read, and is shown no UserSig, which would let him change everything.
fn viewer(visitor: &mut Visitor<'_>) -> Result<(), String> {
    let origin = visitor.origin();
    let viewer = Operator::sign_in(visitor.http, &origin, &visitor.server.viewer_token()?)?;
    let fields = |action| {
        let body = format!("{{\"From_Account\":\"{USUAL}\"}}");
        [
            ("csrf", viewer.csrf.clone()),
            ("do", action),
            ("identifier", "administrator".to_owned()),
            ("body", body),
            ("usersig", "shown".to_owned()),
        ]
    };
    for action in ["send", "show"] {
        let fields = fields(action.to_owned());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = viewer.post(&path("get_contact_group"), &fields, &[])?;
        visitor.claim(
            "api",
            answer.status == 200,
            &format!("a viewer is answered {} to {action}", answer.status),
        );
        let is_there = answer.text.contains("bob");
        visitor.claim(
            "api",
            is_there == (action == "send"),
            &format!("the conversations are there: {is_there}"),
        );
        // Every UserSig begins so: it is deflated JSON.
        visitor.claim("api", !answer.text.contains("eJ"), "a viewer is shown a UserSig");
    }
    visitor.sign_in(&visitor.server.viewer_token()?)?;
    visitor.visit("viewer-api", &path("mark_contact"), 200)?;
    visitor.open(&path("mark_contact"))?;
    let buttons = visitor.browser.count("button[value=send]")?;
    visitor.claim("api", buttons == 0, "a viewer may send a call that changes something");
    Ok(())
}

fn swagger(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open("/console/openapi/")?;
    let url = format!("http://{}/openapi.json", visitor.server.admin);
    let document: Value =
        serde_json::from_str(&visitor.http.get(&url, &[])?.text).map_err(|error| error.to_string())?;
    // Webhooks stand below the calls.
    let parts = ["paths", "webhooks"].map(|part| document[part].as_object().map_or(0, serde_json::Map::len));
    let described = parts.iter().sum::<usize>() as u64;
    let mut shown = 0;
    wait_until(PATIENCE, || {
        shown = visitor.browser.count(".opblock").unwrap_or_default();
        shown == described
    });
    visitor.claim(
        "swagger",
        described == shown,
        &format!("it shows {shown} of {described} calls and webhooks"),
    );
    visitor.pictures("swagger")?;
    visitor.messages("swagger", 200)
}

fn path(call: &str) -> String {
    format!("/console/apps/{SDKAPPID}/api/{call}")
}
