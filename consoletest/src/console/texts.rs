//! Texts of users and of their friends are texts, whatever is in them: nothing of them becomes an element or runs, each
//! stands in the page as it is, and none turns round what stands beside it.

use serde_json::{Value, json};

use super::data::{HOSTILE, HOSTILE_USER};
use super::pages::user;
use super::visitor::Visitor;

/// Looks at the user whose every text is hostile, and then makes such groups by the forms.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.sign_in(&visitor.server.admin_token()?)?;
    visitor.open(&user(HOSTILE_USER))?;
    for text in HOSTILE {
        expect_text(visitor, ".chips > li > a bdi", text)?;
        expect_text(visitor, "tbody td:last-of-type bdi, tbody td bdi", text)?;
    }
    expect_text(visitor, "h1 bdi", HOSTILE_USER)?;
    expect_text(visitor, ".facts bdi", HOSTILE[0])?;
    nothing_ran(visitor, "the page of a user")?;

    for text in HOSTILE {
        // The group is there, so that it is no further one; what is told has its name.
        visitor.browser.put("#new-group", &format!("{text}!"))?;
        visitor.browser.follow("button[value=create]")?;
        let told = visitor.browser.texts(".note p")?;
        let is_told = told.iter().any(|told| told.contains(&format!("{text}!")));
        visitor.claim("texts", is_told, &format!("{text:?} is told as {told:?}"));
        expect_text(visitor, ".chips > li > a bdi", &format!("{text}!"))?;
        nothing_ran(visitor, text)?;
        visitor.browser.follow("form[action='/console/undo'] button")?;
        nothing_ran(visitor, text)?;
    }
    is_turned(visitor)
}

/// Says that one of the elements has this text and nothing else, and no element in it.
fn expect_text(visitor: &mut Visitor<'_>, css: &str, text: &str) -> Result<(), String> {
    let found = "return [...document.querySelectorAll(arguments[0])].some((element) => \
                 element.textContent === arguments[1] && element.children.length === 0)";
    let found = visitor.browser.script(found, &json!([css, text]))?;
    let texts = visitor.browser.texts(css)?;
    visitor.claim("texts", found == true, &format!("{text:?} is not among {css}: {texts:?}"));
    Ok(())
}

/// Says that no text of the page that is shown became an element or ran.
pub(crate) fn nothing_ran(visitor: &mut Visitor<'_>, place: &str) -> Result<(), String> {
    let dialog = visitor.browser.dialog();
    visitor.claim("texts", dialog.is_none(), &format!("{place}: a dialog says {dialog:?}"));
    let wrong = visitor.browser.script(include_str!("look.js"), &json!([visitor.origin()]))?;
    for wrong in wrong.as_array().into_iter().flatten().filter_map(Value::as_str) {
        visitor.claim("texts", false, &format!("{place}: {wrong}"));
    }
    Ok(())
}

/// A text with characters that turn the direction round has a line of its own, so that it turns nothing else. `<bdi>` is
/// not enough: what opens in it and is not closed eats its end.
fn is_turned(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open(&user(HOSTILE_USER))?;
    let found = visitor.browser.script(include_str!("turned.js"), &json!([]))?;
    let seen = found["seen"].as_u64().unwrap_or_default();
    visitor.claim("texts", seen >= 3, &format!("texts with such characters were met {seen} times"));
    let loose = &found["loose"];
    visitor.claim(
        "texts",
        *loose == json!([]),
        &format!("texts turn round what stands beside them: {loose}"),
    );
    Ok(())
}
