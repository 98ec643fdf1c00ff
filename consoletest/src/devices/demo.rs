//! The demonstration's page: whatever is changed in one of its windows shows in all, and is what the server keeps, also
//! when a window was without network, when the server stood still, and when a change was refused.

mod device;
mod service;

use std::path::Path;
use std::time::Duration;

use foldmark_harness::wait_until;
use serde_json::json;

use super::Options;
use super::look::Look;
use crate::browser::{Browser, ENTER};
use crate::http::Http;
use crate::relay::Relay;
use device::Device;
use service::Demo;

const PHONE: &str = "iframe[title=Phone]";
const LAPTOP: &str = "iframe[title=Laptop]";
/// A window whose network was away tries again within this time.
const COMING_BACK: Duration = Duration::from_secs(40);

/// Shows all of it. What was seen of the pages is told, too, if something else fails.
pub(super) fn run(browser: &Browser, http: &Http, binary: &Path, options: &Options) -> Result<(), String> {
    let mut look = Look::new(&options.axe, &options.out)?;
    let outcome = scenes(browser, http, binary, &mut look);
    match (outcome, look.finish()) {
        (Err(error), Err(seen)) => Err(format!("{error}\n{seen}")),
        (outcome, seen) => outcome.and(seen),
    }
}

fn scenes(browser: &Browser, http: &Http, binary: &Path, look: &mut Look) -> Result<(), String> {
    let demo = Demo::start(http, binary)?;
    let window = browser.window()?;
    browser.log("browser")?;
    browser.open(&demo.page)?;
    let phone = Device { browser, window: window.clone(), frame: Some(PHONE) };
    let laptop = Device { browser, window: window.clone(), frame: Some(LAPTOP) };
    phone.wait_live()?;
    laptop.wait_live()?;
    look.at(browser, "windows", &window, &[PHONE, LAPTOP])?;

    follow(&demo, &phone, &laptop, "Trips").map_err(|error| format!("phone to laptop: {error}"))?;
    follow(&demo, &laptop, &phone, "旅行").map_err(|error| format!("laptop to phone: {error}"))?;
    refused(&demo, &phone, &laptop).map_err(|error| format!("refused: {error}"))?;
    // As long as a name can be, without a place where it could be broken.
    phone.add(&"W".repeat(32))?;
    laptop.wait_folder(&format!("{} 0", "W".repeat(32)), true)?;
    look.at(browser, "windows-long", &window, &[PHONE, LAPTOP])?;

    let network = Relay::start()?;
    let other = Browser::start_behind(network.address())?;
    let tablet = Device { browser: &other, window: other.window()?, frame: None };
    other.log("browser")?;
    other.open(&format!("{}/device.html?name=Tablet", demo.page))?;
    tablet.wait_live()?;
    look.at(&other, "device", &tablet.window, &[])?;
    keys(&tablet, &phone).map_err(|error| format!("keys: {error}"))?;
    alone(&demo, &network, &phone, &tablet).map_err(|error| format!("without network: {error}"))?;
    halted(&demo, &phone, &tablet).map_err(|error| format!("a server that stands still: {error}"))?;
    crowd(&demo, &phone).map_err(|error| format!("many tabs: {error}"))
}

/// One device does everything, and the other one shows each of it.
fn follow(demo: &Demo<'_>, one: &Device<'_>, other: &Device<'_>, name: &str) -> Result<(), String> {
    let before = other.shown()?;
    one.add(name)?;
    other.wait_folder(&format!("{name} 0"), true)?;
    one.tag("goran", name)?;
    other.wait_folder(&format!("{name} 1"), true)?;
    one.mark(0, "chen")?;
    other.wait_pressed("mark-0-chen", true)?;
    one.mark(1, "goran")?;
    other.wait_pressed("mark-1-goran", true)?;
    one.tool("up", name)?;
    other.wait_place(name, 2)?;
    agree(demo, &[one, other], Duration::from_secs(20))?;

    one.tool("delete", name)?;
    other.wait_folder(&format!("{name} 1"), false)?;
    one.mark(0, "chen")?;
    one.mark(1, "goran")?;
    other.wait_pressed("mark-0-chen", false)?;
    other.wait_pressed("mark-1-goran", false)?;
    agree(demo, &[one, other], Duration::from_secs(20))?;
    let after = other.shown()?;
    match after == before {
        true => Ok(()),
        false => Err(format!("it is not as before: {after} and not {before}")),
    }
}

/// What the server does not take is taken back and told where it was tried, and nowhere else.
fn refused(demo: &Demo<'_>, one: &Device<'_>, other: &Device<'_>) -> Result<(), String> {
    let before = one.shown()?;
    // As many characters as the field takes, and more bytes than the server does.
    one.add(&"旅".repeat(32))?;
    one.wait_problem("taken back")?;
    one.expect(&before)?;
    other.expect(&before)?;
    other.wait_problem("")?;
    agree(demo, &[one, other], Duration::from_secs(20))
}

/// Who uses keys alone does not lose the place when something is drawn anew.
fn keys(one: &Device<'_>, other: &Device<'_>) -> Result<(), String> {
    one.enter()?;
    one.browser.script("document.getElementById('mark-0-dora').focus()", &json!([]))?;
    for is_on in [true, false] {
        one.enter()?;
        one.browser.press(ENTER)?;
        other.wait_pressed("mark-0-dora", is_on)?;
    }
    // Another device's change is drawn, too.
    other.mark(0, "ben")?;
    one.wait_pressed("mark-0-ben", true)?;
    one.enter()?;
    if !one.browser.is_focused("#mark-0-dora")? {
        return Err("what had the focus has it no more".to_owned());
    }
    other.mark(0, "ben")?;
    one.wait_pressed("mark-0-ben", false)
}

/// A device without network takes back what it could not do. When it has network again, it comes to what the others did
/// meanwhile, from where it was, and shows nothing that was over.
fn alone(demo: &Demo<'_>, network: &Relay, others: &Device<'_>, alone: &Device<'_>) -> Result<(), String> {
    agree(demo, &[others, alone], Duration::from_secs(20))?;
    alone.remember()?;
    network.cut();
    alone.wait_connection("interrupted")?;
    alone.note_pressed("mark-0-emeka")?;
    alone.mark(0, "emeka")?;
    alone.wait_problem("taken back")?;
    alone.wait_pressed("mark-0-emeka", false)?;
    alone.was_pressed_for_a_while()?;
    alone.wait_connection("interrupted")?;

    others.add("Meanwhile")?;
    others.tag("fatima", "Meanwhile")?;
    others.mark(1, "ben")?;
    others.add("Over")?;
    others.tool("delete", "Over")?;
    others.tool("delete", "Family")?;
    others.wait_folder("Family 2", false)?;
    agree(demo, &[others], Duration::from_secs(20))?;
    alone.wait_folder("Family 2", true)?;
    alone.wait_folder("Meanwhile 0", false)?;

    alone.browser.log("performance")?;
    network.mend();
    agree(demo, &[others, alone], COMING_BACK)?;
    alone.wait_connection("live")?;
    alone.told_from_where_it_was()?;
    alone.nothing_came_back()?;
    // And it follows again.
    others.mark(1, "ben")?;
    alone.wait_pressed("mark-1-ben", false)?;
    alone.mark(0, "emeka")?;
    others.wait_pressed("mark-0-emeka", true)
}

/// While the server stands still a device shows what it was told to do, the others do not; then all do.
fn halted(demo: &Demo<'_>, one: &Device<'_>, other: &Device<'_>) -> Result<(), String> {
    demo.signal("STOP")?;
    one.add("Paused")?;
    one.wait_folder("Paused 0", true)?;
    other.wait_folder("Paused 0", false)?;
    demo.signal("CONT")?;
    other.wait_folder("Paused 0", true)?;
    agree(demo, &[one, other], COMING_BACK)
}

/// More tabs of one browser than it has connections to one server: each that is shown follows, and can call.
fn crowd(demo: &Demo<'_>, first: &Device<'_>) -> Result<(), String> {
    let browser = first.browser;
    first.note_connection()?;
    for number in 2..=5 {
        let window = browser.open_tab()?;
        browser.open(&demo.page)?;
        let phone = Device { browser, window: window.clone(), frame: Some(PHONE) };
        let laptop = Device { browser, window, frame: Some(LAPTOP) };
        for (one, other, is_on) in [(&phone, &laptop, true), (&laptop, &phone, false)] {
            one.wait_live().map_err(|error| format!("tab {number}: {error}"))?;
            one.mark(0, "dora")?;
            other.wait_pressed("mark-0-dora", is_on).map_err(|error| format!("tab {number}: {error}"))?;
        }
        laptop.add(&format!("tab {number}"))?;
        phone.wait_folder(&format!("tab {number} 0"), true)?;
    }
    browser.enter(&first.window, None)?;
    browser.reveal()?;
    first.wait_live()?;
    agree(demo, &[first], COMING_BACK)?;
    first.has_rested()
}

/// All come to show what the server keeps, which may not have been told yet of what was done last.
fn agree(demo: &Demo<'_>, devices: &[&Device<'_>], limit: Duration) -> Result<(), String> {
    for device in devices {
        let mut outcome = Ok(());
        wait_until(limit, || {
            // Asking all the time would be more than a user may.
            outcome = demo.kept().and_then(|kept| device.wait_shown(&kept, Duration::from_secs(1)));
            outcome.is_ok()
        });
        outcome?;
    }
    Ok(())
}
