//! What has to hold for pages of devices, light and dark, on a telephone and on a desk, in each of their frames, and
//! pictures of them.

use std::path::Path;

use foldmark_harness::say;
use serde_json::json;

use crate::axe::Axe;
use crate::browser::Browser;
use crate::gallery::Gallery;
use crate::windows::Window;

const WIDTHS: [u64; 2] = [360, 1440];

/// Looks at pages; what it finds is told at the end.
pub(super) struct Look {
    axe: Axe,
    gallery: Gallery,
    findings: Vec<String>,
    looks: u32,
}

impl Look {
    /// Nothing was looked at yet. `axe` is the file of axe-core, `out` the folder for pictures.
    pub(super) fn new(axe: &Path, out: &Path) -> Result<Look, String> {
        let gallery = Gallery::new(out, "Devices")?;
        Ok(Look { axe: Axe::read(axe)?, gallery, findings: Vec::new(), looks: 0 })
    }

    /// Looks at the page of a window and into these frames of it, in every form.
    pub(super) fn at(
        &mut self,
        browser: &Browser,
        name: &str,
        window: &Window,
        frames: &[&str],
    ) -> Result<(), String> {
        let places: Vec<Option<&str>> =
            std::iter::once(None).chain(frames.iter().map(|css| Some(*css))).collect();
        for width in WIDTHS {
            for is_dark in [false, true] {
                browser.enter(window, None)?;
                browser.show(width, is_dark)?;
                let scheme = if is_dark { "dark" } else { "light" };
                let form = format!("{width}-{scheme}");
                browser.picture(&self.gallery.hang(name, &form))?;
                for place in &places {
                    browser.enter(window, *place)?;
                    let place = format!("{name} {form} {}", place.unwrap_or_default());
                    self.look(browser, &place)?;
                }
            }
        }
        browser.enter(window, None)?;
        browser.show(WIDTHS[1], false)?;
        self.complaints(browser, name)
    }

    /// What was found, and how much was looked at.
    pub(super) fn finish(self) -> Result<(), String> {
        let index = self.gallery.write_index()?;
        match self.findings.is_empty() {
            true => {
                say(&format!("{} looks, nothing found; pictures: {}", self.looks, index.display()));
                Ok(())
            }
            false => Err(format!("{}\npictures: {}", self.findings.join("\n"), index.display())),
        }
    }

    fn look(&mut self, browser: &Browser, place: &str) -> Result<(), String> {
        let mut wrong = self.axe.barriers(browser)?;
        let seen = browser.script(include_str!("look.js"), &json!([]))?;
        wrong.extend(
            seen.as_array().into_iter().flatten().map(|one| one.as_str().unwrap_or_default().to_owned()),
        );
        self.findings.extend(wrong.iter().map(|one| format!("{place}: {one}")));
        self.looks += 1;
        Ok(())
    }

    /// What the browser has complained of since the last time.
    fn complaints(&mut self, browser: &Browser, name: &str) -> Result<(), String> {
        for entry in browser.log("browser")? {
            if entry["level"] == "WARNING" || entry["level"] == "SEVERE" {
                let text = entry["message"].as_str().unwrap_or_default();
                self.findings.push(format!("{name}: the browser complains: {text}"));
            }
        }
        Ok(())
    }
}
