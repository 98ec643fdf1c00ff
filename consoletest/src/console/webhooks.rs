//! The page of an application's webhooks: what it says of a receiver that refuses some users, one that is well and one that is gone,
//! and what becomes of dead letters.

use std::time::Duration;

use foldmark_harness::wait_until;

use super::data::{HOOKED_APP, HOSTILE_USER, put_hooked};
use super::visitor::Visitor;

/// Longer than the fourth pause between two tries that counts may last: they become rare.
const GIVING_UP: Duration = Duration::from_secs(300);
/// How long the server may take to try a receiver again.
const TRYING: Duration = Duration::from_secs(120);

fn path() -> String {
    format!("/console/apps/{HOOKED_APP}/webhooks")
}

/// Does all of it. The users were refused since the server was started, so that they mostly are given up by now.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.sign_in(&visitor.server.viewer_token()?)?;
    shows(visitor, GIVING_UP, |page| page.rows == 3)?;
    visitor.look("viewer-webhooks", 200)?;
    let buttons = visitor.browser.count("main button")?;
    visitor.claim("webhooks", buttons == 0, &format!("a viewer is shown {buttons} buttons"));

    visitor.sign_in(&visitor.server.admin_token()?)?;
    visitor.visit("webhooks", &path(), 200)?;
    let users = visitor.browser.texts("tbody th a")?;
    visitor.claim("webhooks", users.contains(&HOSTILE_USER.to_owned()), &format!("the users are {users:?}"));
    visitor.open(&path())?;
    visitor.browser.click("details.more > summary")?;
    visitor.look("webhooks-all", 200)?;

    visitor.receiver.take();
    visitor.open(&path())?;
    visitor.browser.follow("tbody tr:first-child button[value=again]")?;
    said(visitor, "is told again.")?;
    shows(visitor, TRYING, |page| page.rows == 2 && page.level == "good")?;
    visitor.browser.follow("tbody tr:first-child button[value=forget]")?;
    said(visitor, "was forgotten.")?;
    visitor.browser.click("details.more > summary")?;
    visitor.browser.follow("details.more button[value=again]")?;
    said(visitor, "1 dead letters are told again.")?;
    shows(visitor, TRYING, |page| page.rows == 0)?;

    visitor.receiver.stop();
    put_hooked(visitor.server, visitor.http, &["mike"])?;
    shows(visitor, TRYING, |page| page.level == "bad")?;
    visitor.visit("webhooks-failing", &path(), 200)
}

/// What the page says.
struct Page {
    rows: u64,
    level: String,
}

/// Loads the page until it is as `wanted` says.
fn shows(visitor: &Visitor<'_>, limit: Duration, wanted: impl Fn(&Page) -> bool) -> Result<(), String> {
    let mut last = String::new();
    let is_so = wait_until(limit, || match look(visitor) {
        Ok(page) => {
            last = format!("{} rows, {}", page.rows, page.level);
            wanted(&page)
        }
        Err(error) => {
            last = error;
            false
        }
    });
    if is_so { Ok(()) } else { Err(format!("the page does not become what it has to: {last}")) }
}

fn look(visitor: &Visitor<'_>) -> Result<Page, String> {
    visitor.open(&path())?;
    let rows = visitor.browser.count("tbody tr")?;
    let level = "return document.querySelector('.state').classList.item(2)";
    let level = visitor.browser.script(level, &serde_json::json!([]))?;
    Ok(Page { rows, level: level.as_str().unwrap_or_default().to_owned() })
}

fn said(visitor: &mut Visitor<'_>, end: &str) -> Result<(), String> {
    let notes = visitor.browser.texts(".note.good p")?;
    let is_said = notes.len() == 1 && notes[0].ends_with(end);
    visitor.claim("webhooks", is_said, &format!("in place of {end:?} it says {notes:?}"));
    Ok(())
}
