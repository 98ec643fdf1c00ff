//! Several windows of one browser, frames in their pages, and pages that change by themselves.

use std::time::Duration;

use foldmark_harness::wait_until;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, ELEMENT, PATIENCE};

/// A window or tab of the browser.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Window(String);

impl Browser {
    /// The window that the browser is at.
    pub(crate) fn window(&self) -> Result<Window, String> {
        let handle = self.command(&Method::GET, "window", None)?;
        Ok(Window(handle.as_str().unwrap_or_default().to_owned()))
    }

    /// Opens a tab with nothing in it, and goes there. It hides the others.
    pub(crate) fn open_tab(&self) -> Result<Window, String> {
        let made = self.ask("window/new", &json!({ "type": "tab" }))?;
        let window = Window(made["handle"].as_str().unwrap_or_default().to_owned());
        self.enter(&window, None)?;
        self.reveal()?;
        Ok(window)
    }

    /// Shows the tab that the browser is at, in place of another one.
    pub(crate) fn reveal(&self) -> Result<(), String> {
        self.cdp("Page.bringToFront", &json!({})).map(drop)
    }

    /// Goes to a window, and there to the frame of this selector or to the page itself.
    pub(crate) fn enter(&self, window: &Window, frame: Option<&str>) -> Result<(), String> {
        self.ask("window", &json!({ "handle": window.0 }))?;
        let id = match frame {
            Some(css) => {
                self.ask("frame", &json!({ "id": null }))?;
                json!({ ELEMENT: self.find(css)?.0 })
            }
            None => Value::Null,
        };
        self.ask("frame", &json!({ "id": id })).map(drop)
    }

    /// Clicks on what may be drawn anew in the same moment.
    pub(crate) fn click_drawn(&self, css: &str) -> Result<(), String> {
        let mut outcome = Ok(());
        wait_until(PATIENCE, || {
            outcome = self.click(css);
            outcome.is_ok()
        });
        outcome
    }

    /// Waits until a function with this body says what is wanted, and otherwise tells what it said last.
    pub(crate) fn until(
        &self,
        limit: Duration,
        body: &str,
        arguments: &Value,
        wanted: &Value,
    ) -> Result<(), String> {
        let mut last = Ok(Value::Null);
        let is_so = wait_until(limit, || {
            last = self.script(body, arguments);
            last.as_ref() == Ok(wanted)
        });
        match is_so {
            true => Ok(()),
            false => Err(format!("{} in place of {wanted}", last?)),
        }
    }
}
