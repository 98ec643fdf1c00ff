//! Who may change something: in the browser a viewer is shown nothing that could, and what is sent without a browser is
//! refused when it comes from a viewer, from nobody, without the secret of a form, or from another page. After all of it
//! the user is as before.

use serde_json::json;

use super::data::USUAL;
use super::operator::Operator;
use super::pages::user;
use super::visitor::Visitor;
use crate::server::SDKAPPID;

/// Every form that changes something: its page, and its fields.
const CHANGES: [(&str, &[(&str, &str)]); 15] = [
    ("user/change", &[("do", "create"), ("name", "forged")]),
    ("user/change", &[("do", "rename"), ("group", "work"), ("name", "forged")]),
    ("user/change", &[("do", "delete"), ("group", "work")]),
    ("user/change", &[("do", "put"), ("group", "work"), ("peers", "forged")]),
    ("user/change", &[("do", "add"), ("group", "work"), ("c", "ubob")]),
    ("user/change", &[("do", "remove"), ("group", "work"), ("c", "ubob")]),
    SET,
    ("user/change", &[("do", "clear"), ("bit", "0"), ("c", "ubob")]),
    ("user/change", &[("do", "custom"), ("mark", "forged"), ("c", "ubob")]),
    ("accounts", &[("accounts", "forged"), ("separator", "tab")]),
    ("chat-groups", &[("do", "create"), ("group_id", "forged"), ("type", "Public"), ("name", "forged")]),
    ("chat-groups", &[("do", "disband"), ("group_id", "@TGS#team")]),
    ("webhooks", &[("do", "forget"), ("user", USUAL)]),
    ("webhooks", &[("do", "again"), ("of", "all")]),
    (
        "api/account_import",
        &[("do", "send"), ("identifier", "administrator"), ("body", r#"{"UserID":"forged"}"#)],
    ),
];
const SET: (&str, &[(&str, &str)]) = ("user/change", &[("do", "set"), ("bit", "5"), ("c", "ubob")]);
const CLEAR: (&str, &[(&str, &str)]) = ("user/change", &[("do", "clear"), ("bit", "5"), ("c", "ubob")]);

type Headers<'a> = &'a [(&'a str, &'a str)];
/// Who sends a form, with which secret and which headers.
type Try<'a> = (&'a str, &'a Operator<'a>, &'a str, Headers<'a>);

/// Tries all of it.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    let server = visitor.server;
    let before = kept(visitor)?;
    viewer_in_browser(visitor)?;

    let origin = visitor.origin();
    let admin = Operator::sign_in(visitor.http, &origin, &server.admin_token()?)?;
    let viewer = Operator::sign_in(visitor.http, &origin, &server.viewer_token()?)?;
    let nobody = Operator::nobody(visitor.http, &origin);
    let other = Operator::sign_in(visitor.http, &origin, &server.admin_token()?)?;
    let foreign: Headers<'_> = &[("origin", "http://evil.example")];
    let cross: Headers<'_> = &[("sec-fetch-site", "cross-site")];
    let own: Headers<'_> = &[("origin", &origin), ("sec-fetch-site", "same-origin")];
    let tries: [Try<'_>; 8] = [
        ("a viewer", &viewer, &viewer.csrf, own),
        ("a viewer with the secret of an administrator", &viewer, &admin.csrf, own),
        ("nobody", &nobody, "", own),
        ("nobody with the secret of an administrator", &nobody, &admin.csrf, own),
        ("an administrator without the secret", &admin, "", own),
        ("an administrator with the secret of another session", &admin, &other.csrf, own),
        ("an administrator from another origin", &admin, &admin.csrf, foreign),
        ("an administrator from another site", &admin, &admin.csrf, cross),
    ];
    for (who, operator, csrf, headers) in tries {
        for (page, change) in CHANGES {
            let mut fields = vec![("csrf", csrf), ("id", USUAL)];
            fields.extend(change);
            let status = operator.post(&path(page), &fields, headers)?.status;
            visitor.claim(
                "forms",
                status == 403,
                &format!("{who} was answered {status} to {page} {:?}", change[0]),
            );
        }
        for path in ["/console/undo", "/console/language", "/console/sign-out"] {
            // A viewer may choose his language and leave.
            if who != "a viewer" || path == "/console/undo" {
                let status = operator.post(path, &[("csrf", csrf), ("to", "zh")], headers)?.status;
                visitor.claim("forms", status == 403, &format!("{who} was answered {status} at {path}"));
            }
        }
    }
    // A link cannot do what a form does.
    let change = path("user/change");
    let link = format!("{change}?id={USUAL}&do=create&name=forged&csrf={}", admin.csrf);
    let status = admin.get(&link)?.status;
    visitor.claim("forms", status == 405, &format!("a link to a change was answered {status}"));
    let after = kept(visitor)?;
    visitor.claim("forms", after == before, &format!("something was changed: {after}"));
    for page in ["users?prefix=forged", "chat-groups?prefix=forged"] {
        let found = admin.get(&path(page))?.text;
        visitor.claim("forms", !found.contains("<tbody>"), &format!("{page} has something"));
    }
    let team = admin.get(&path("chat-groups?prefix=%40TGS%23team"))?.text;
    let is_alive = team.contains("@TGS#team") && !team.contains("class=\"gone\"");
    visitor.claim("forms", is_alive, "the chat group is gone");

    // The forms of these tries are such as are taken when all is right; otherwise their refusal would mean nothing.
    for (page, change) in [SET, CLEAR] {
        let mut fields = vec![("csrf", admin.csrf.as_str()), ("id", USUAL)];
        fields.extend(change);
        let before = kept(visitor)?;
        let status = admin.post(&path(page), &fields, own)?.status;
        let is_changed = status == 303 && kept(visitor)? != before;
        visitor.claim("forms", is_changed, &format!("a right form was answered {status}"));
    }
    sign_out(visitor, &admin)
}

/// What the viewer's browser shows him.
fn viewer_in_browser(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.sign_in(&visitor.server.viewer_token()?)?;
    visitor.visit("viewer-user", &user(USUAL), 200)?;
    visitor.open(&user(USUAL))?;
    let forms = "return [...document.querySelectorAll('form')].filter((form) => form.method === 'post')\
                 .map((form) => form.getAttribute('action'))";
    let forms = visitor.browser.script(forms, &json!([]))?;
    let harmless = json!(["/console/language", "/console/sign-out"]);
    visitor.claim("forms", forms == harmless, &format!("a viewer is shown the forms {forms}"));
    let boxes = visitor.browser.count("main input[type=checkbox], main button[name=do]")?;
    visitor.claim("forms", boxes == 0, &format!("a viewer is shown {boxes} controls"));
    Ok(())
}

/// After leaving, the cookie opens nothing.
fn sign_out(visitor: &mut Visitor<'_>, admin: &Operator<'_>) -> Result<(), String> {
    admin.post("/console/sign-out", &[("csrf", &admin.csrf)], &[])?;
    let answer = admin.get(&user(USUAL))?;
    let is_out = answer.status == 303 && answer.header("location") == "/console/sign-in";
    visitor.claim("forms", is_out, &format!("the cookie of who left was answered {}", answer.status));
    visitor.claim("forms", !answer.text.contains("bob"), "who left is still shown the user");
    Ok(())
}

/// The path of a page of the application.
fn path(page: &str) -> String {
    format!("/console/apps/{SDKAPPID}/{page}")
}

/// What the calls say of the user.
fn kept(visitor: &Visitor<'_>) -> Result<serde_json::Value, String> {
    let body = json!({ "From_Account": USUAL, "StartIndex": 0 });
    visitor.server.call(visitor.http, "recentcontact/get_contact_group", &body)
}
