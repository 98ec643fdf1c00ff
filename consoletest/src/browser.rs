//! Chromium by WebDriver: a session of a browser that runs without a window, and only what the harness asks of it. The
//! protocol is JSON over HTTP; `chromedriver` speaks it.
//!
//! Scripts that a session executes run in spite of the page's content security policy, which is what makes it possible to
//! look at pages that let nobody else run any.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foldmark_harness::{free_address, say, wait_until};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::Http;
use crate::process::Process;

/// Keys that have no letter.
pub(crate) const TAB: &str = "\u{E004}";
/// The enter key.
pub(crate) const ENTER: &str = "\u{E007}";

const STARTING: Duration = Duration::from_secs(30);
/// How long a page may take until what is waited for is there.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Pictures of pages end here.
const PICTURE_PIXELS: u64 = 3_000;
/// The name by which the protocol knows elements.
pub(crate) const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser. It ends when it is dropped.
pub(crate) struct Browser {
    http: Http,
    /// Of the session.
    url: String,
    _driver: Process,
    _profile: TempDir,
}

/// An element of the page that is shown.
pub(crate) struct Element(pub(crate) String);

impl Browser {
    /// Starts a browser with nothing in it.
    pub(crate) fn start() -> Result<Browser, String> {
        Browser::start_with(&[])
    }

    /// Starts a browser with nothing in it, all of whose connections go through this SOCKS proxy.
    pub(crate) fn start_behind(proxy: SocketAddr) -> Result<Browser, String> {
        // Without the second one, nothing on this machine would be asked for through a proxy.
        Browser::start_with(&[
            format!("--proxy-server=socks5://{proxy}"),
            "--proxy-bypass-list=<-loopback>".to_owned(),
        ])
    }

    /// A browser that is started for the first time on a busy machine does not always come up.
    fn start_with(more: &[String]) -> Result<Browser, String> {
        for _ in 0..2 {
            match Browser::try_start(more) {
                Ok(browser) => return Ok(browser),
                Err(error) => say(&format!("the browser is started again: {error}")),
            }
        }
        Browser::try_start(more)
    }

    fn try_start(more: &[String]) -> Result<Browser, String> {
        let http = Http::new()?;
        let profile = tempfile::tempdir().map_err(|error| error.to_string())?;
        let address = free_address()?;
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={}", address.port()));
        let log = profile.path().join("chromedriver.log");
        let driver = Process::start(command, &log)?;
        let status = format!("http://{address}/status");
        if !wait_until(STARTING, || http.get(&status, &[]).is_ok_and(|answer| answer.status == 200)) {
            return Err("chromedriver does not start".to_owned());
        }
        let mut arguments = vec![
            "--headless=new".to_owned(),
            // It runs as root in containers, and loads nothing but pages of ours.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--lang=en-US".to_owned(),
            format!("--user-data-dir={}", profile.path().join("profile").display()),
        ];
        arguments.extend_from_slice(more);
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            // A dialog that pages open is for the harness to find.
            "unhandledPromptBehavior": "ignore",
            // Looking for barriers on the longest pages takes long, and longer on slower machines.
            "timeouts": { "script": 300_000, "pageLoad": 300_000 },
        });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let url = format!("http://{address}/session");
        let answer = http.send(&Method::POST, &url, &[], body.to_string())?;
        let session: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
        let id = session["value"]["sessionId"].as_str().ok_or(answer.text)?.to_owned();
        Ok(Browser { http, url: format!("{url}/{id}"), _driver: driver, _profile: profile })
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) -> Result<(), String> {
        self.ask("url", &json!({ "url": url })).map(drop)
    }

    /// The address of the page that is shown.
    pub(crate) fn address(&self) -> Result<String, String> {
        let address = self.command(&Method::GET, "url", None)?;
        Ok(address.as_str().unwrap_or_default().to_owned())
    }

    /// Sets a cookie for the page's host, which scripts cannot see.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, path: &str) -> Result<(), String> {
        let cookie = json!({ "name": name, "value": value, "path": path, "httpOnly": true });
        self.ask("cookie", &json!({ "cookie": cookie })).map(drop)
    }

    /// The cookies for the page, as its requests have them.
    pub(crate) fn cookies(&self) -> Result<String, String> {
        let cookies = self.command(&Method::GET, "cookie", None)?;
        let cookies = cookies.as_array().into_iter().flatten();
        let pairs: Vec<String> = cookies
            .map(|cookie| {
                let text = |name: &str| cookie[name].as_str().unwrap_or_default().to_owned();
                format!("{}={}", text("name"), text("value"))
            })
            .collect();
        Ok(pairs.join("; "))
    }

    /// Forgets who is signed in.
    pub(crate) fn forget_cookies(&self) -> Result<(), String> {
        self.command(&Method::DELETE, "cookie", None).map(drop)
    }

    /// Runs the body of a function, and gives what it returns. What it returns may be promised.
    pub(crate) fn script(&self, body: &str, arguments: &Value) -> Result<Value, String> {
        self.ask("execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// The first element of this selector, as soon as it is there.
    pub(crate) fn find(&self, css: &str) -> Result<Element, String> {
        let wanted = json!({ "using": "css selector", "value": css });
        let mut found = Err(String::new());
        wait_until(PATIENCE, || {
            found = self.ask("element", &wanted);
            found.is_ok()
        });
        let found = found.map_err(|error| format!("{css} at {:?}: {error}", self.address()))?;
        Ok(Element(found[ELEMENT].as_str().unwrap_or_default().to_owned()))
    }

    /// How many elements of this selector there are now.
    pub(crate) fn count(&self, css: &str) -> Result<u64, String> {
        let count = self.script("return document.querySelectorAll(arguments[0]).length", &json!([css]))?;
        count.as_u64().ok_or_else(|| format!("no count of {css}"))
    }

    /// Whether an element of this selector has the focus.
    pub(crate) fn is_focused(&self, css: &str) -> Result<bool, String> {
        let is = self.script("return document.activeElement.matches(arguments[0])", &json!([css]))?;
        Ok(is == true)
    }

    /// The texts of the elements of this selector.
    pub(crate) fn texts(&self, css: &str) -> Result<Vec<String>, String> {
        let texts = "return [...document.querySelectorAll(arguments[0])].map(element => element.textContent)";
        let texts = self.script(texts, &json!([css]))?;
        serde_json::from_value(texts).map_err(|error| error.to_string())
    }

    /// Clicks, as a person does, on what can be seen.
    pub(crate) fn click(&self, css: &str) -> Result<(), String> {
        let element = self.find(css)?;
        self.ask(&format!("element/{}/click", element.0), &json!({})).map(drop)
    }

    /// Clicks on what leads to another page, and waits until that is there.
    pub(crate) fn follow(&self, css: &str) -> Result<(), String> {
        let element = self.find(css)?;
        self.leave(|| self.ask(&format!("element/{}/click", element.0), &json!({})).map(drop))
    }

    /// Does what makes the browser load another page, and waits until that is there.
    pub(crate) fn leave(&self, act: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        self.script("window.isOld = true", &json!([]))?;
        act()?;
        let is_new = "return !window.isOld && document.readyState === 'complete'";
        match wait_until(PATIENCE, || self.script(is_new, &json!([])).is_ok_and(|is| is == true)) {
            true => Ok(()),
            false => Err(format!("no other page was loaded after {}", self.address()?)),
        }
    }

    /// Writes a text into a field in place of what is there.
    pub(crate) fn fill(&self, css: &str, text: &str) -> Result<(), String> {
        let element = self.find(css)?;
        self.ask(&format!("element/{}/clear", element.0), &json!({}))?;
        self.ask(&format!("element/{}/value", element.0), &json!({ "text": text })).map(drop)
    }

    /// Puts a text into a field as pasting does: the driver cannot press the keys of all characters.
    pub(crate) fn put(&self, css: &str, text: &str) -> Result<(), String> {
        self.find(css)?;
        let put = "document.querySelector(arguments[0]).value = arguments[1]";
        self.script(put, &json!([css, text])).map(drop)
    }

    /// Presses and releases keys, one after the other, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) -> Result<(), String> {
        let mut actions = Vec::new();
        for key in keys.chars() {
            for kind in ["keyDown", "keyUp"] {
                actions.push(json!({ "type": kind, "value": key.to_string() }));
            }
        }
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.ask("actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// What a dialog says that the page has opened, if it has.
    pub(crate) fn dialog(&self) -> Option<String> {
        let text = self.command(&Method::GET, "alert/text", None).ok()?;
        Some(text.as_str().unwrap_or_default().to_owned())
    }

    /// Makes the page this wide, and lets it be light or dark.
    pub(crate) fn show(&self, width: u64, is_dark: bool) -> Result<(), String> {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", &size)?;
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            // Pictures of moving things differ from run to run.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.cdp("Emulation.setEmulatedMedia", &json!({ "features": features })).map(drop)
    }

    /// A picture of the page, also of what one has to scroll to, in PNG.
    pub(crate) fn picture(&self, path: &Path) -> Result<(), String> {
        let size = "const page = document.documentElement; return [page.clientWidth, page.scrollHeight]";
        let size = self.script(size, &json!([]))?;
        let height = size[1].as_u64().unwrap_or(900).min(PICTURE_PIXELS);
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.cdp("Page.captureScreenshot", &wanted)?;
        let picture = STANDARD.decode(picture["data"].as_str().unwrap_or_default());
        let picture = picture.map_err(|error| error.to_string())?;
        std::fs::write(path, picture).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What was written to the browser's log (`browser`) or happened in it (`performance`) since the last time.
    pub(crate) fn log(&self, kind: &str) -> Result<Vec<Value>, String> {
        let entries = self.ask("se/log", &json!({ "type": kind }))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// A command of the protocol of Chromium's own tools.
    pub(crate) fn cdp(&self, command: &str, parameters: &Value) -> Result<Value, String> {
        self.ask("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// A command with a body.
    pub(crate) fn ask(&self, command: &str, body: &Value) -> Result<Value, String> {
        self.command(&Method::POST, command, Some(body))
    }

    /// A command of the session.
    pub(crate) fn command(
        &self,
        method: &Method,
        command: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.http.send(method, &format!("{}/{command}", self.url), &[], body)?;
        let mut value: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
        match answer.status {
            200 => Ok(value["value"].take()),
            _ => Err(format!("{command}: {}", value["value"]["message"].as_str().unwrap_or(&answer.text))),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser; when it cannot, both may be gone already.
        let _ = self.http.send(&Method::DELETE, &self.url, &[], String::new());
    }
}
