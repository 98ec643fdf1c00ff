//! Every page in every form: those that the navigation leads to, whatever they are, and those that lists, nothing, too
//! much and mistakes lead to.

use serde_json::{Value, json};

use super::data::{EMPTY, EMPTY_APP, HEAVY, HOOKED_APP, HOSTILE_USER, USUAL};
use super::operator::encode;
use super::visitor::Visitor;
use crate::server::SDKAPPID;

/// The path of a user's page.
pub(crate) fn user(id: &str) -> String {
    format!("/console/apps/{SDKAPPID}/user?id={}", encode(id))
}

/// Looks at all pages as an administrator.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open("/console/sign-in")?;
    visitor.browser.forget_cookies()?;
    visitor.visit("sign-in", "/console/sign-in", 200)?;
    refused_token(visitor)?;
    visitor.sign_in(&visitor.server.admin_token()?)?;

    let mut paths = Vec::new();
    // Pages that are about an application show their own entries.
    for page in ["/console/", &format!("/console/apps/{SDKAPPID}/users")] {
        for path in navigation(visitor, page)? {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    if paths.is_empty() {
        return Err("the navigation is empty".to_owned());
    }
    for path in paths {
        visitor.visit(&name_of(&path), &path, 200)?;
    }
    for (name, path, status) in states() {
        visitor.visit(name, &path, status)?;
    }
    menus(visitor)
}

/// What lists, nothing, too much and mistakes lead to.
fn states() -> Vec<(&'static str, String, u16)> {
    let users = format!("/console/apps/{SDKAPPID}/users");
    vec![
        ("user", user(USUAL), 200),
        ("user-empty", user(EMPTY), 200),
        ("user-hostile", user(HOSTILE_USER), 200),
        ("long-user", user(HEAVY), 200),
        ("long-user-last", user(HEAVY) + "&page=1000", 200),
        ("long-user-filtered", user(HEAVY) + "&bit=63&text=0199", 200),
        ("user-filtered-empty", user(USUAL) + "&text=no-such", 200),
        ("users-found", format!("{users}?prefix=user_0999"), 200),
        ("users-found-none", format!("{users}?prefix=no-such"), 200),
        ("users-hostile", format!("{users}?prefix=%3C"), 200),
        ("users-empty", format!("/console/apps/{EMPTY_APP}/users"), 200),
        ("wrong-cursor", format!("{users}?cursor=none"), 400),
        ("wrong-user", user("no-such-user"), 404),
        ("wrong-user-id", user(""), 404),
        ("wrong-user-hostile", user("<script>alert(1)</script>"), 404),
        ("wrong-app", "/console/apps/1/users".to_owned(), 404),
        ("wrong-page", "/console/no-such-page".to_owned(), 404),
    ]
}

/// The paths that the navigation of a page leads to, as far as they are about the first application or about none.
fn navigation(visitor: &Visitor<'_>, path: &str) -> Result<Vec<String>, String> {
    visitor.open(path)?;
    let links =
        "return [...document.querySelectorAll('header nav a')].map((link) => link.getAttribute('href'))";
    let links = visitor.browser.script(links, &json!([]))?;
    let links = links.as_array().into_iter().flatten().filter_map(Value::as_str);
    let others = [EMPTY_APP, HOOKED_APP].map(|app| format!("/apps/{app}"));
    Ok(links
        .filter(|link| link.starts_with("/console/") && !others.iter().any(|other| link.contains(other)))
        .map(str::to_owned)
        .collect())
}

/// A file's name for a page.
fn name_of(path: &str) -> String {
    let path = path.trim_start_matches("/console").replace(&format!("/apps/{SDKAPPID}"), "");
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let name = if path.is_empty() { "-first".to_owned() } else { path.replace('/', "-") };
    // Tables of users and chat groups are long where there are many.
    if ["-users", "-chat-groups"].contains(&name.as_str()) {
        format!("long-page{name}")
    } else {
        format!("page{name}")
    }
}

fn refused_token(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open("/console/sign-in")?;
    visitor.browser.fill("#token", "not the token")?;
    visitor.browser.follow("main form button")?;
    let alert = visitor.browser.texts("[role=alert]")?;
    visitor.claim("sign-in-refused", alert.len() == 1, "nobody is told that the token is wrong");
    visitor.look("sign-in-refused", 403)
}

/// What opens on a click.
fn menus(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open(&user(USUAL))?;
    visitor.browser.click(".chip:last-child summary")?;
    visitor.look("user-menu", 200)
}
