//! One device of the demonstration: a window, or a frame of one. Each of its functions goes there first.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, PATIENCE};
use crate::windows::Window;

/// What a device shows.
const SHOWN: &str = include_str!("../shown.js");

/// A device.
pub(super) struct Device<'a> {
    pub(super) browser: &'a Browser,
    pub(super) window: Window,
    /// The selector of its frame.
    pub(super) frame: Option<&'a str>,
}

impl Device<'_> {
    /// Goes there.
    pub(super) fn enter(&self) -> Result<(), String> {
        self.browser.enter(&self.window, self.frame)
    }

    /// Makes a folder.
    pub(super) fn add(&self, name: &str) -> Result<(), String> {
        self.enter()?;
        self.browser.put("#folder", name)?;
        self.browser.click("#add button")
    }

    /// Puts a conversation into a folder, or takes it out.
    pub(super) fn tag(&self, person: &str, folder: &str) -> Result<(), String> {
        let tags = "return [...document.querySelectorAll('.tag:enabled')].find((tag) => \
                    tag.id.startsWith(`tag-${arguments[0]}-`) && tag.textContent === arguments[1])?.id";
        self.click_found(tags, &json!([person, folder]))
    }

    /// Clicks a folder's tool, `up` or `delete`.
    pub(super) fn tool(&self, tool: &str, folder: &str) -> Result<(), String> {
        let tools = "const label = { up: `Move ${arguments[1]} up`, delete: `Delete ${arguments[1]}` }[arguments[0]]; \
                     return [...document.querySelectorAll('.tool[aria-disabled=false]')].find((tool) => tool.title === label)?.id";
        self.click_found(tools, &json!([tool, folder]))
    }

    /// Sets a bit of a conversation, or clears it.
    pub(super) fn mark(&self, bit: u8, person: &str) -> Result<(), String> {
        self.enter()?;
        self.browser.click_drawn(&format!("#mark-{bit}-{person}"))
    }

    /// What it shows now.
    pub(super) fn shown(&self) -> Result<Value, String> {
        self.enter()?;
        self.browser.script(SHOWN, &json!([]))
    }

    /// It must show this now.
    pub(super) fn expect(&self, wanted: &Value) -> Result<(), String> {
        let shown = self.shown()?;
        if shown == *wanted { Ok(()) } else { Err(self.told(&format!("{shown} in place of {wanted}"))) }
    }

    /// Waits until it shows this.
    pub(super) fn wait_shown(&self, wanted: &Value, limit: Duration) -> Result<(), String> {
        self.wait(limit, SHOWN, &json!([]), wanted)
    }

    /// Waits until it has a folder with this name and number, or has none.
    pub(super) fn wait_folder(&self, text: &str, is_there: bool) -> Result<(), String> {
        let body = "return [...document.querySelectorAll('.choose')].some((folder) => folder.textContent === arguments[0])";
        self.wait(PATIENCE, body, &json!([text]), &json!(is_there))
            .map_err(|error| format!("folder {text}: {error}"))
    }

    /// Waits until a folder is at this place, counted from 0.
    pub(super) fn wait_place(&self, name: &str, place: usize) -> Result<(), String> {
        let body = "return [...document.querySelectorAll('.choose')].findIndex((folder) => folder.firstChild.data === arguments[0])";
        self.wait(PATIENCE, body, &json!([name]), &json!(place))
            .map_err(|error| format!("place of {name}: {error}"))
    }

    /// Waits until the button of this id is pressed, or is not.
    pub(super) fn wait_pressed(&self, id: &str, is_pressed: bool) -> Result<(), String> {
        let body = "return document.getElementById(arguments[0])?.getAttribute('aria-pressed')";
        self.wait(PATIENCE, body, &json!([id]), &json!(is_pressed.to_string()))
            .map_err(|error| format!("{id}: {error}"))
    }

    /// Waits until it follows the server.
    pub(super) fn wait_live(&self) -> Result<(), String> {
        self.wait_connection("live")
    }

    /// Waits until it says this of its connection.
    pub(super) fn wait_connection(&self, text: &str) -> Result<(), String> {
        let body = "return document.getElementById('connection').textContent.startsWith(arguments[0])";
        self.wait(PATIENCE, body, &json!([text]), &json!(true))
            .map_err(|error| format!("connection {text}: {error}"))
    }

    /// Waits until it tells a problem with these words, or none.
    pub(super) fn wait_problem(&self, words: &str) -> Result<(), String> {
        let body = "const text = document.getElementById('problem').textContent; \
                    return arguments[0] ? text.includes(arguments[0]) : text === ''";
        self.wait(PATIENCE, body, &json!([words]), &json!(true))
            .map_err(|error| format!("problem {words}: {error}"))
    }

    /// Has it remember from now on whether this button was shown as pressed, one answer after each drawing.
    pub(super) fn note_pressed(&self, id: &str) -> Result<(), String> {
        self.enter()?;
        let body = "const [id] = arguments; window.pressed = []; \
                    const note = () => window.pressed.push(document.getElementById(id)?.getAttribute('aria-pressed')); \
                    new MutationObserver(note).observe(document.getElementById('conversations'), \
                        { attributes: true, childList: true, subtree: true })";
        self.browser.script(body, &json!([id])).map(drop)
    }

    /// That button was shown as pressed, and is no more, however soon that was.
    pub(super) fn was_pressed_for_a_while(&self) -> Result<(), String> {
        self.enter()?;
        let noted = self.browser.script("return window.pressed", &json!([]))?;
        let noted: Vec<Option<String>> = serde_json::from_value(noted).map_err(|error| error.to_string())?;
        let pressed = noted.iter().position(|one| one.as_deref() == Some("true"));
        match pressed.is_some_and(|at| noted[at..].iter().any(|one| one.as_deref() == Some("false"))) {
            true => Ok(()),
            false => Err(self.told(&format!("it was not pressed and taken back: {noted:?}"))),
        }
    }

    /// Has it remember all folders that it shows from now on, one list after each drawing.
    pub(super) fn remember(&self) -> Result<(), String> {
        self.enter()?;
        let body = "const names = () => [...document.querySelectorAll('.choose')].map((folder) => folder.firstChild.data); \
                    window.remembered = [names()]; \
                    new MutationObserver(() => window.remembered.push(names())).observe(document.getElementById('folders'), { childList: true })";
        self.browser.script(body, &json!([])).map(drop)
    }

    /// No folder that was gone has come back, and none was shown that was made and deleted meanwhile.
    pub(super) fn nothing_came_back(&self) -> Result<(), String> {
        self.enter()?;
        let remembered = self.browser.script("return window.remembered", &json!([]))?;
        let remembered: Vec<Vec<String>> =
            serde_json::from_value(remembered).map_err(|error| error.to_string())?;
        let mut gone: Vec<&String> = Vec::new();
        for (before, after) in remembered.iter().zip(&remembered[1..]) {
            if let Some(back) = after.iter().find(|name| gone.contains(name)) {
                return Err(self.told(&format!("{back} was gone, and came back: {remembered:?}")));
            }
            gone.extend(before.iter().filter(|name| !after.contains(name)));
        }
        match remembered.iter().flatten().any(|name| name == "Over") {
            true => Err(self.told(&format!("it shows what is over: {remembered:?}"))),
            false => Ok(()),
        }
    }

    /// Has it note all that it says of its connection from now on, since nobody can look while it is hidden.
    pub(super) fn note_connection(&self) -> Result<(), String> {
        self.enter()?;
        let body = "window.said = []; const place = document.getElementById('connection'); \
                    new MutationObserver(() => window.said.push(place.textContent)).observe(place, { childList: true })";
        self.browser.script(body, &json!([])).map(drop)
    }

    /// It has given its connection back meanwhile.
    pub(super) fn has_rested(&self) -> Result<(), String> {
        self.enter()?;
        let said = self.browser.script("return window.said", &json!([]))?;
        match said.as_array().is_some_and(|said| said.contains(&json!("resting"))) {
            true => Ok(()),
            false => Err(self.told(&format!("it never rested: {said}"))),
        }
    }

    /// Each watch that was begun since the last look named the place where the one before had ended.
    pub(super) fn told_from_where_it_was(&self) -> Result<(), String> {
        let mut watches = 0;
        for entry in self.browser.log("performance")? {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())
                .map_err(|error| error.to_string())?;
            let url = message["message"]["params"]["request"]["url"].as_str().unwrap_or_default();
            if message["message"]["method"] != "Network.requestWillBeSent"
                || !url.contains("/foldmark/watch?")
            {
                continue;
            }
            watches += 1;
            if !url.contains("&Cursor=") {
                return Err(self.told(&format!("it asked for everything again: {url}")));
            }
        }
        if watches == 0 { Err(self.told("it did not ask again")) } else { Ok(()) }
    }

    /// Clicks on the element whose id a script gives, once it is there.
    fn click_found(&self, body: &str, arguments: &Value) -> Result<(), String> {
        let is_there =
            format!("return (() => {{ {body} }})() !== undefined").replace("arguments[", "values[");
        let is_there = format!("const values = arguments; {is_there}");
        self.wait(PATIENCE, &is_there, arguments, &json!(true))
            .map_err(|error| format!("{arguments}: {error}"))?;
        let id = self.browser.script(body, arguments)?;
        self.browser.click_drawn(&format!("#{}", id.as_str().unwrap_or_default()))
    }

    fn wait(&self, limit: Duration, body: &str, arguments: &Value, wanted: &Value) -> Result<(), String> {
        self.enter()?;
        self.browser.until(limit, body, arguments, wanted).map_err(|error| self.told(&error))
    }

    fn told(&self, error: &str) -> String {
        format!("{}: {error}", self.frame.unwrap_or("the window"))
    }
}
