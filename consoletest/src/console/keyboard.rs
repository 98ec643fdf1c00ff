//! Without a mouse: signing in, finding a user, making a group, taking that back and signing out, by keys alone. Whatever
//! gets the focus on the way shows that it has it.

use serde_json::json;

use super::data::USUAL;
use super::visitor::Visitor;
use crate::browser::{ENTER, TAB};
use crate::server::SDKAPPID;

/// Nothing is further away than this.
const STEPS: u32 = 80;

/// Walks through.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.browser.forget_cookies()?;
    visitor.open("/console/sign-in")?;
    let token = visitor.server.admin_token()?;
    if !visitor.browser.is_focused("#token")? {
        walk_to(visitor, "#token")?;
    }
    visitor.browser.press(&token)?;
    walk_to(visitor, "main form button")?;
    enter(visitor)?;
    visitor.open(&format!("/console/apps/{SDKAPPID}/users"))?;

    visitor.browser.press(TAB)?;
    let skips = visitor.browser.is_focused("a.skip")?;
    visitor.claim("keyboard", skips, "the first key does not lead to the content");
    walk_to(visitor, "main input[name=prefix]")?;
    visitor.browser.press(USUAL)?;
    enter(visitor)?;
    walk_to(visitor, "tbody a")?;
    enter(visitor)?;
    walk_to(visitor, "#new-group")?;
    visitor.browser.press("by keys")?;
    walk_to(visitor, "button[value=create]")?;
    enter(visitor)?;
    expect_group(visitor, true)?;
    walk_to(visitor, "form[action='/console/undo'] button")?;
    enter(visitor)?;
    expect_group(visitor, false)?;
    walk_to(visitor, "form[action='/console/sign-out'] button")?;
    enter(visitor)?;
    let is_out = visitor.browser.address()?.ends_with("/console/sign-in");
    visitor.claim("keyboard", is_out, "signing out does not lead to signing in");
    Ok(())
}

fn expect_group(visitor: &mut Visitor<'_>, is_there: bool) -> Result<(), String> {
    let groups = visitor.browser.texts(".chips bdi")?;
    let is = groups.iter().any(|group| group == "by keys");
    visitor.claim(
        "keyboard",
        is == is_there,
        &format!("the group should be there: {is_there}; there are {groups:?}"),
    );
    Ok(())
}

/// Presses the tab key until the focus is on an element of this selector.
fn walk_to(visitor: &mut Visitor<'_>, css: &str) -> Result<(), String> {
    for _ in 0..STEPS {
        visitor.browser.press(TAB)?;
        let hidden = visitor.browser.script(HIDDEN_FOCUS, &json!([]))?;
        if let Some(hidden) = hidden.as_str() {
            visitor.claim("keyboard", false, &format!("the focus is not to be seen on {hidden}"));
        }
        if visitor.browser.is_focused(css)? {
            return Ok(());
        }
    }
    Err(format!("no key leads to {css}"))
}

/// Gives the element that has the focus and does not show it.
const HIDDEN_FOCUS: &str = "const it = document.activeElement; \
    if (it === document.body) return null; \
    const style = getComputedStyle(it); \
    const box = it.getBoundingClientRect(); \
    const is_seen = it.matches(':focus-visible') && style.outlineStyle !== 'none' \
        && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0; \
    return is_seen ? null : it.outerHTML.slice(0, 120)";

fn enter(visitor: &Visitor<'_>) -> Result<(), String> {
    visitor.browser.leave(|| visitor.browser.press(ENTER))
}
