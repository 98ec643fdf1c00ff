//! What an operator does for a user, done in the browser, and looked at by the calls that everyone makes: groups made,
//! renamed, filled, emptied and deleted, marks set and taken away, and the last change taken back.

use serde_json::{Value, json};

use super::data::USUAL;
use super::pages::user;
use super::visitor::Visitor;

/// The chip of the group that was made last.
const CHIP: &str = ".chip:last-child";

/// Does all of it. At the end the user is as before.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.sign_in(&visitor.server.admin_token()?)?;
    let before = kept(visitor)?;
    find(visitor)?;
    groups(visitor)?;
    marks(visitor)?;
    refused(visitor)?;
    remove(visitor)?;
    let after = kept(visitor)?;
    visitor.claim("edits", after == before, &format!("the user is not as before: {after} and not {before}"));
    Ok(())
}

/// From the list of users to the page of one.
fn find(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.open("/console/")?;
    let users = "header nav a[href$='/users']";
    if visitor.browser.count(users)? == 0 {
        visitor.open(&format!("/console/apps/{}/users", crate::server::SDKAPPID))?;
    }
    visitor.browser.follow(users)?;
    visitor.browser.fill("input[name=prefix]", "alic")?;
    visitor.browser.follow("main form[role=search] button")?;
    let found = visitor.browser.texts("tbody th a")?;
    visitor.claim("edits", found == [USUAL], &format!("{found:?} were found in place of {USUAL}"));
    visitor.browser.follow("tbody th a")
}

fn groups(visitor: &mut Visitor<'_>) -> Result<(), String> {
    create(visitor)?;
    expect_groups(visitor, "creating", &["work", "家人", "mates"])?;
    visitor.look("user-changed", 200)?;
    undo(visitor)?;
    expect_groups(visitor, "undoing the creation", &["work", "家人"])?;
    create(visitor)?;

    menu(visitor)?;
    visitor.browser.fill(&format!("{CHIP} input[name=name]"), "good mates")?;
    visitor.browser.follow(&format!("{CHIP} button[value=rename]"))?;
    expect_groups(visitor, "renaming", &["work", "家人", "good mates"])?;

    menu(visitor)?;
    visitor.browser.fill(&format!("{CHIP} textarea"), "dave\nerin\n")?;
    visitor.browser.follow(&format!("{CHIP} button[value=put]"))?;
    expect(visitor, "adding by id", "dave", |record| members(record) == ["good mates"])?;

    menu(visitor)?;
    visitor.browser.follow(&format!("{CHIP} button[value=delete]"))?;
    expect_groups(visitor, "deleting", &["work", "家人"])?;
    expect(visitor, "deleting", "dave", Value::is_null)?;
    undo(visitor)?;
    expect_groups(visitor, "undoing the deletion", &["work", "家人", "good mates"])?;
    expect(visitor, "undoing the deletion", "dave", |record| members(record) == ["good mates"])?;

    choose(visitor, &["udave", "uerin"], "remove", |visitor| {
        visitor.browser.click("fieldset select[name=group] option[value='good mates']")
    })?;
    expect(visitor, "removing from the group", "dave", Value::is_null)?;
    undo(visitor)?;
    expect(visitor, "undoing the removal", "erin", |record| members(record) == ["good mates"])?;
    choose(visitor, &["udave"], "add", |visitor| {
        visitor.browser.click("fieldset select[name=group] option[value='work']")
    })?;
    expect(visitor, "adding to a group", "dave", |record| members(record) == ["work", "good mates"])
}

fn marks(visitor: &mut Visitor<'_>) -> Result<(), String> {
    let bit = |visitor: &Visitor<'_>| visitor.browser.fill("fieldset input[name=bit]", "32");
    choose(visitor, &["udave", "uerin"], "set", bit)?;
    expect(visitor, "setting a bit", "erin", bit_32)?;
    let tags = visitor.browser.texts("tbody .mark")?;
    visitor.claim(
        "edits",
        tags.iter().any(|tag| tag.contains("VIP")),
        &format!("no name of the bit: {tags:?}"),
    );
    choose(visitor, &["uerin"], "clear", bit)?;
    expect(visitor, "clearing a bit", "erin", |record| !bit_32(record))?;
    undo(visitor)?;
    expect(visitor, "undoing the clearing", "erin", bit_32)?;
    choose(visitor, &["udave"], "custom", |visitor| {
        visitor.browser.put("fieldset input[name=mark]", "rings at 5 😀")
    })?;
    expect(visitor, "setting the custom mark", "dave", |record| record["CustomMark"] == "rings at 5 😀")?;
    undo(visitor)?;
    expect(visitor, "undoing the custom mark", "dave", |record| record["CustomMark"].is_null())?;
    // Bits of the conversations that go.
    choose(visitor, &["udave", "uerin"], "clear", bit)
}

/// What cannot be done is told, with the words of the call.
fn refused(visitor: &mut Visitor<'_>) -> Result<(), String> {
    visitor.browser.fill("#new-group", &"x".repeat(65))?;
    visitor.browser.follow("button[value=create]")?;
    let told = visitor.browser.texts(".note.bad")?.join(" ");
    visitor.claim("edits", told.contains("51011"), &format!("too long a name is told as {told:?}"));
    visitor.look("user-refused", 200)?;
    visitor.browser.follow("fieldset button")?;
    let told = visitor.browser.count(".note.bad")?;
    visitor.claim("edits", told == 1, "nobody is told that nothing was ticked");
    Ok(())
}

/// Takes away what is left.
fn remove(visitor: &mut Visitor<'_>) -> Result<(), String> {
    choose(visitor, &["udave"], "remove", |visitor| {
        visitor.browser.click("fieldset select[name=group] option[value='work']")
    })?;
    menu(visitor)?;
    visitor.browser.follow(&format!("{CHIP} button[value=delete]"))
}

fn create(visitor: &Visitor<'_>) -> Result<(), String> {
    visitor.browser.fill("#new-group", "mates")?;
    visitor.browser.follow("button[value=create]")
}

fn menu(visitor: &Visitor<'_>) -> Result<(), String> {
    visitor.browser.click(&format!("{CHIP} summary"))
}

fn undo(visitor: &Visitor<'_>) -> Result<(), String> {
    visitor.browser.follow("form[action='/console/undo'] button")
}

/// Ticks conversations and does something with them; `how` fills in what it needs.
fn choose(
    visitor: &Visitor<'_>,
    keys: &[&str],
    action: &str,
    how: impl FnOnce(&Visitor<'_>) -> Result<(), String>,
) -> Result<(), String> {
    visitor.open(&user(USUAL))?;
    for key in keys {
        visitor.browser.click(&format!("input[name=c][value='{key}']"))?;
    }
    visitor.browser.click(&format!("fieldset select[name=do] option[value={action}]"))?;
    how(visitor)?;
    visitor.browser.follow("fieldset button")
}

/// What the calls say of the user, without times and numbers.
fn kept(visitor: &Visitor<'_>) -> Result<Value, String> {
    let mut page = visitor.server.call(
        visitor.http,
        "recentcontact/get_contact_group",
        &json!({ "From_Account": USUAL, "StartIndex": 0 }),
    )?;
    let records = page["ContactItem"].as_array_mut().ok_or("a page without ContactItem")?;
    for record in records.iter_mut() {
        record["Timestamp"].take();
    }
    Ok(json!({ "Groups": page["GroupItem"], "Records": page["ContactItem"] }))
}

fn expect_groups(visitor: &mut Visitor<'_>, after: &str, expected: &[&str]) -> Result<(), String> {
    let kept = kept(visitor)?;
    let names = names(&kept);
    visitor.claim("edits", names == expected, &format!("after {after} there are the groups {names:?}"));
    let shown = visitor.browser.texts(".chips > li > a bdi")?;
    visitor.claim("edits", shown == expected, &format!("after {after} these groups are shown: {shown:?}"));
    Ok(())
}

/// Says what has to be so of the record about `peer`, which has the names of its groups; null if there is none.
fn expect(
    visitor: &mut Visitor<'_>,
    after: &str,
    peer: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    let kept = kept(visitor)?;
    let mut records = kept["Records"].as_array().into_iter().flatten();
    let mut record = records.find(|record| record["To_Account"] == peer).cloned().unwrap_or_default();
    let groups = kept["Groups"].as_array().cloned().unwrap_or_default();
    if let Some(ids) = record["ContactGroupId"].as_array().cloned() {
        let name = |id: &Value| {
            groups.iter().find(|group| group["GroupId"] == *id).map(|group| group["GroupName"].clone())
        };
        record["ContactGroupId"] = ids.iter().filter_map(name).collect();
    }
    visitor.claim("edits", is_so(&record), &format!("after {after} this is kept of {peer}: {record}"));
    Ok(())
}

fn names(kept: &Value) -> Vec<&str> {
    let groups = kept["Groups"].as_array().into_iter().flatten();
    groups.filter_map(|group| group["GroupName"].as_str()).collect()
}

fn members(record: &Value) -> Vec<&str> {
    record["ContactGroupId"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Bits stand in the text from the last to the first.
fn bit_32(record: &Value) -> bool {
    let bits = record["StandardMark"].as_str().unwrap_or_default();
    bits.len() > 32 && bits.as_bytes()[bits.len() - 33] == b'1'
}
