//! Somebody who looks at pages of the console in a browser, and at each in every form: in both languages, light and dark,
//! on a telephone and on a desk. What has to hold for every page is looked at here, so that no page can be forgotten.

use std::path::Path;

use foldmark_harness::wait_until;
use serde_json::{Value, json};

use crate::axe::Axe;
use crate::browser::{Browser, ENTER, PATIENCE};
use crate::gallery::Gallery;
use crate::http::Http;
use crate::receiver::Receiver;
use crate::server::Server;

/// The languages, as the console's cookie and its pages call them.
const LANGUAGES: [(&str, &str); 2] = [("en", "en"), ("zh", "zh-CN")];
const WIDTHS: [u64; 2] = [360, 1440];
/// The forms of long pages in which barriers are looked for.
const BARRIERS_OF_LONG: [&str; 2] = ["en-360-light", "en-1440-dark"];
/// One mistake can be found on every page in every form.
const FINDINGS_TOLD: usize = 100;
/// What every page says of what the browser may do with it.
const POLICY: [&str; 6] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
];
/// What no policy may have.
const HOLES: [&str; 5] = ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"];

/// The visitor.
pub(crate) struct Visitor<'a> {
    pub(crate) browser: Browser,
    pub(crate) server: &'a Server,
    /// Whom the server tells what changes.
    pub(crate) receiver: &'a Receiver,
    pub(crate) http: &'a Http,
    axe: Axe,
    gallery: Gallery,
    /// What was found; it goes on after a finding, so that all are told.
    findings: Vec<String>,
    /// Pages in all their forms that were looked at.
    looks: u32,
}

impl<'a> Visitor<'a> {
    /// Opens a browser; `axe` is the file of axe-core.
    pub(crate) fn new(
        server: &'a Server,
        receiver: &'a Receiver,
        http: &'a Http,
        axe: &Path,
        out: &Path,
    ) -> Result<Visitor<'a>, String> {
        let axe = Axe::read(axe)?;
        let browser = Browser::start()?;
        let gallery = Gallery::new(out, "The console")?;
        let visitor =
            Visitor { browser, server, receiver, http, axe, gallery, findings: Vec::new(), looks: 0 };
        visitor.browser.show(WIDTHS[1], false)?;
        // What the browser did until now was its own business.
        visitor.open("/console/sign-in")?;
        visitor.browser.log("performance")?;
        visitor.browser.log("browser")?;
        Ok(visitor)
    }

    /// Where the console is.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.admin)
    }

    /// Opens a page of the console.
    pub(crate) fn open(&self, path: &str) -> Result<(), String> {
        self.browser.open(&format!("{}{path}", self.origin()))
    }

    /// Signs in with a token, whoever was signed in before.
    pub(crate) fn sign_in(&self, token: &str) -> Result<(), String> {
        self.browser.forget_cookies()?;
        self.open("/console/sign-in")?;
        // The page gives it the focus, but maybe with its first frame only.
        if !wait_until(PATIENCE, || self.browser.is_focused("#token").is_ok_and(|is| is)) {
            return Err("the field of the token has not the focus".to_owned());
        }
        self.browser.leave(|| self.browser.press(&format!("{token}{ENTER}")))?;
        match self.browser.count("input[type=password]")? {
            0 => Ok(()),
            _ => Err(format!("the token was not taken: {:?}", self.browser.texts(".note")?)),
        }
    }

    /// Opens a page and looks at it in every form. `status` is what it has to be answered with. On pages whose names begin
    /// with `long` barriers are looked for in few forms, since that takes long there.
    pub(crate) fn visit(&mut self, name: &str, path: &str, status: u16) -> Result<(), String> {
        self.open(path)?;
        self.headers(name, path, status)?;
        for (language, tag) in LANGUAGES {
            self.browser.set_cookie("foldmark_language", language, "/console/")?;
            self.open(path)?;
            let is = self.browser.script("return document.documentElement.lang", &json!([]))?;
            self.claim(name, is == tag, &format!("it is in {is} in place of {tag}"));
            self.look_in(name, language)?;
        }
        self.browser.set_cookie("foldmark_language", "en", "/console/")?;
        self.messages(name, status)
    }

    /// Looks at the page as it is shown now, whatever was done to get there, in every form but the language. `status` is
    /// what it was answered with.
    pub(crate) fn look(&mut self, name: &str, status: u16) -> Result<(), String> {
        self.look_in(name, "en")?;
        self.messages(name, status)
    }

    /// Says what has to be so; if it is not, it is told at the end, once.
    pub(crate) fn claim(&mut self, name: &str, is_so: bool, otherwise: &str) {
        let finding = format!("{name}: {otherwise}");
        if !is_so && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// What was found, and how much was looked at.
    pub(crate) fn finish(self) -> Result<String, String> {
        let index = self.gallery.write_index()?;
        let (first, more) = self.findings.split_at(self.findings.len().min(FINDINGS_TOLD));
        match first {
            [] => Ok(format!("{} looks, nothing found; pictures: {}", self.looks, index.display())),
            _ => Err(format!(
                "{}\n{} findings, of which {} are not told; pictures: {}",
                first.join("\n"),
                self.findings.len(),
                more.len(),
                index.display()
            )),
        }
    }

    fn look_in(&mut self, name: &str, language: &str) -> Result<(), String> {
        let is_long = name.starts_with("long");
        for width in WIDTHS {
            for is_dark in [false, true] {
                self.browser.show(width, is_dark)?;
                let scheme = if is_dark { "dark" } else { "light" };
                let form = format!("{language}-{width}-{scheme}");
                let path = self.gallery.hang(name, &form);
                self.browser.picture(&path)?;
                if !is_long || BARRIERS_OF_LONG.contains(&form.as_str()) {
                    self.barriers(&format!("{name} {form}"))?;
                }
                let wrong = self.browser.script(include_str!("look.js"), &json!([self.origin()]))?;
                for wrong in wrong.as_array().into_iter().flatten() {
                    self.findings.push(format!("{name} {form}: {}", wrong.as_str().unwrap_or_default()));
                }
                self.looks += 1;
            }
        }
        let dialog = self.browser.dialog();
        self.claim(name, dialog.is_none(), &format!("it opens a dialog: {dialog:?}"));
        self.browser.show(WIDTHS[1], false)
    }

    /// What keeps people from using the page.
    fn barriers(&mut self, place: &str) -> Result<(), String> {
        let found = self.axe.barriers(&self.browser).map_err(|error| format!("{place}: {error}"))?;
        self.findings.extend(found.iter().map(|barrier| format!("{place}: {barrier}")));
        Ok(())
    }

    /// What the answer says before the page.
    fn headers(&mut self, name: &str, path: &str, status: u16) -> Result<(), String> {
        let cookies = self.browser.cookies()?;
        let answer = self.http.get(&format!("{}{path}", self.origin()), &[("cookie", &cookies)])?;
        self.claim(name, answer.status == status, &format!("status {} in place of {status}", answer.status));
        let policy = answer.header("content-security-policy").to_owned();
        for part in POLICY {
            let is_there = policy.split(';').any(|directive| directive.trim() == part);
            self.claim(name, is_there, &format!("its policy lacks {part}: {policy}"));
        }
        for hole in HOLES {
            self.claim(name, !policy.contains(hole), &format!("its policy allows {hole}: {policy}"));
        }
        let sniff = answer.header("x-content-type-options") == "nosniff";
        self.claim(name, sniff, "browsers may guess its type");
        self.claim(name, answer.header("cache-control") == "no-store", "it may be kept");
        Ok(())
    }

    /// Takes pictures of the page that is shown, which others made, so that nothing more is asked of it.
    pub(crate) fn pictures(&mut self, name: &str) -> Result<(), String> {
        for width in WIDTHS {
            self.browser.show(width, false)?;
            let path = self.gallery.hang(name, &format!("en-{width}-light"));
            self.browser.picture(&path)?;
        }
        self.browser.show(WIDTHS[1], false)
    }

    /// Whom the browser asked for something since the last time, and what it complained of.
    pub(crate) fn messages(&mut self, name: &str, status: u16) -> Result<(), String> {
        let origin = self.origin();
        for entry in self.browser.log("performance")? {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())
                .map_err(|error| error.to_string())?;
            if message["message"]["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = message["message"]["params"]["request"]["url"].as_str().unwrap_or_default().to_owned();
            let is_own = url.starts_with(&format!("{origin}/")) || url.starts_with("data:");
            self.claim(name, is_own, &format!("the browser asked for {url}"));
        }
        for entry in self.browser.log("browser")? {
            let text = entry["message"].as_str().unwrap_or_default().to_owned();
            if entry["level"] != "WARNING" && entry["level"] != "SEVERE" {
                continue;
            }
            // That the page itself has a bad status is what was wanted.
            let is_status = text.contains(&format!("status of {status}"));
            self.claim(name, is_status && status != 200, &format!("the browser complains: {text}"));
        }
        Ok(())
    }
}
