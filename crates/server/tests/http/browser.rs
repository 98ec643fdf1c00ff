//! A browser as far as the console needs one: it keeps cookies and finds the secret of forms.

use std::net::SocketAddr;
use std::path::Path;

use foldmark_server::config::Settings;
use http::{HeaderMap, Request, StatusCode, header};

use crate::support::{Answer, Fixture, settings_in_memory};

pub(crate) const ADMIN: &str = "the admin token of this test";
pub(crate) const VIEWER: &str = "the viewer token of this test";

/// Somebody in front of the console of a fixture.
pub(crate) struct Browser<'a> {
    fixture: &'a Fixture,
    /// The server that it stays with.
    admin: SocketAddr,
    /// What the cookie of the session holds.
    pub(crate) session: Option<String>,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// A server in memory whose tokens are known, with `app` in its application's table.
pub(crate) fn settings_of_console(folder: &Path, app: &str) -> Settings {
    let (admin, viewer) = (folder.join("admin"), folder.join("viewer"));
    std::fs::write(&admin, ADMIN).unwrap();
    std::fs::write(&viewer, VIEWER).unwrap();
    let mut settings = settings_in_memory(app);
    settings.admin.token_file = Some(admin);
    settings.admin.viewer_token_file = Some(viewer);
    settings
}

impl<'a> Browser<'a> {
    /// One that is not signed in.
    pub(crate) fn new(fixture: &'a Fixture) -> Browser<'a> {
        Browser { fixture, admin: fixture.admin(), session: None }
    }

    /// One that has shown this token.
    pub(crate) async fn signed_in(fixture: &'a Fixture, token: &str) -> Browser<'a> {
        let mut browser = Browser::new(fixture);
        let shown = browser.sign_in(token).await;
        assert_eq!(shown.status, 303, "{}", shown.html);
        browser
    }

    pub(crate) async fn sign_in(&mut self, token: &str) -> Shown {
        let shown = self.send("POST", "sign-in", &[("token", token)], &[]).await;
        if let Some(cookie) = shown.headers.get(header::SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            self.session = pair.strip_prefix("foldmark_console=").map(str::to_owned);
        }
        shown
    }

    /// A page, by its path below `/console/`.
    pub(crate) async fn get(&self, path: &str) -> Shown {
        self.send("GET", path, &[], &[]).await
    }

    /// Sends a form with the secret of the page at `from`.
    pub(crate) async fn post_from(&self, from: &str, path: &str, fields: &[(&str, &str)]) -> Shown {
        let csrf = self.get(from).await.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        let origin = format!("http://{}", self.admin);
        let referer = format!("{origin}/console/{from}");
        self.send("POST", path, &all, &[("origin", &origin), ("referer", &referer)]).await
    }

    /// Sends anything.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Shown {
        let admin = self.admin;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{admin}/console/{path}"))
            .header(header::HOST, admin.to_string());
        if let Some(session) = &self.session {
            request = request.header(header::COOKIE, format!("foldmark_console={session}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let Answer { status, headers, text } =
            self.fixture.exchange(request.body(body.into()).unwrap()).await;
        Shown { status, headers, html: text }
    }
}

impl Shown {
    /// The secret of the page's forms.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self.html.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Where the browser is sent.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).unwrap().to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn has(&self, part: &str) {
        assert!(self.html.contains(part), "no {part:?} in:\n{}", self.html);
    }

    #[track_caller]
    pub(crate) fn has_not(&self, part: &str) {
        assert!(!self.html.contains(part), "{part:?} in:\n{}", self.html);
    }
}
