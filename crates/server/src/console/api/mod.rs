//! The API debugging tool: every call as a form, sent as one of the application's administrators, with its answer
//! explained, and the call as a program.
//!
//! UserSigs are made here; keys never leave the server. Who may only look sends calls that only read, by the call's name
//! and whatever stands in the form, and is never given a UserSig, with which he could change something elsewhere.

mod answer;
mod describe;
mod form;
mod history;
mod snippets;
mod watch;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use foldmark_wire::{CallName, samples};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, header};

use super::Console;
use super::about::{self, AppPage};
use super::assets;
use super::fields::Fields;
use super::frame::{self, Frame};
use super::guard::{Operator, Posted};
use super::language::Language;
use super::operate;
use crate::apps::App;
use crate::random;
use crate::tokens::Role;
use answer::Shown;
use describe::Described;
#[cfg(test)]
pub(super) use describe::texts_of_the_description;
pub(super) use describe::with_servers;
use form::Field;
pub(super) use history::CallHistory;
use history::Tried;
use snippets::{Sent, Snippet};
pub(super) use watch::{events as watch_events, page as watch};

#[derive(Template)]
#[template(path = "console/api.html")]
struct ListPage {
    frame: Frame,
    app: u32,
    services: Vec<Service>,
    /// What the watch is for, which is no call and has a page of its own.
    watch: &'static str,
    tried: Vec<Tried>,
    style: String,
}

struct Service {
    name: &'static str,
    description: &'static str,
    calls: Vec<Described>,
}

#[derive(Template)]
#[template(path = "console/api_call.html")]
struct Page {
    frame: Frame,
    app: u32,
    described: Described,
    fields: Vec<Field>,
    samples: Vec<&'static str>,
    administrators: Vec<String>,
    asked: Asked,
    may_send: bool,
    /// What was sent, first line and body.
    request: Option<(String, String)>,
    answer: Option<Shown>,
    snippets: Vec<Snippet>,
    /// Why there is no answer.
    wrong: Option<String>,
    tried: Vec<Tried>,
    style: String,
    script: String,
}

/// What the form holds.
#[derive(Debug)]
struct Asked {
    identifier: String,
    /// How long the UserSig is to hold.
    seconds: u64,
    body: String,
    /// Scheme, host and port for programs.
    base: String,
    /// Whether programs hold a UserSig.
    with_usersig: bool,
}

impl Page {
    /// That a code stands in so many places more.
    fn more(&self, places: &usize) -> String {
        self.frame.language.fill(", and {} more", &[places])
    }
}

/// How long UserSigs of the form can hold, in seconds. The longest is short, since they are shown.
const VALIDITIES: [u64; 3] = [300, 900, 3_600];

/// All calls of an application.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
) -> Response {
    let (app, language) = (app.id.get(), operator.language);
    let calls = |name| {
        let of = CallName::ALL.into_iter().filter(move |call| call.service() == name);
        of.map(|call| Described::of(call, language)).collect()
    };
    let services = describe::services(language);
    let services =
        services.into_iter().map(|(name, description)| Service { name, description, calls: calls(name) });
    let page = ListPage {
        frame: Frame::of(&console, &operator, "api", language.t("API debugging tool")).about(app),
        app,
        services: services.collect(),
        watch: describe::of_watch(language).0,
        tried: tried(&console, &operator, app),
        style: assets::api_style(),
    };
    frame::render(StatusCode::OK, &page)
}

/// The form of a call, with a sample or with what was tried before.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    operator: Operator,
    Path((app, command)): Path<(u32, String)>,
    query: Fields,
    headers: HeaderMap,
) -> Response {
    let (app, described) = match find(&console, &operator, app, &command) {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let samples = samples::requests(described.call);
    let sample = samples.iter().find(|sample| sample.name == query.get("sample")).or(samples.first());
    let mut asked = Asked {
        identifier: app.administrators().next().unwrap_or_default().to_owned(),
        seconds: VALIDITIES[0],
        body: sample.map_or("{}", |sample| sample.text).to_owned(),
        base: bases(&console, &headers).swap_remove(0),
        with_usersig: false,
    };
    let again = query.number("again").and_then(|number| {
        let tokens = &console.admin.tokens;
        console.sessions.with(&operator.cookie, tokens, |session| session.calls.get(number).cloned())?
    });
    if let Some(again) = again.filter(|tried| tried.app == app.id.get() && tried.call == described.call) {
        (asked.identifier, asked.seconds, asked.body) = (again.identifier, again.seconds, again.body);
    }
    show(&console, &operator, &app, described, asked, None)
}

/// Makes a call, or shows how programs make it.
pub(super) async fn send(
    State(console): State<Arc<Console>>,
    Path((app, command)): Path<(u32, String)>,
    posted: Posted,
) -> Response {
    let Posted { operator, fields, headers } = posted;
    let language = operator.language;
    let (app, described) = match find(&console, &operator, app, &command) {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let is_sent = fields.get("do") == "send";
    if is_sent && !may_send(&operator, described.call) {
        let text = language.t("The viewer token lets you look, and not change anything.");
        return frame::error(StatusCode::FORBIDDEN, language, text);
    }
    let asked = match asked(&fields, &app, bases(&console, &headers).swap_remove(0), language) {
        Ok(asked) => asked,
        Err(text) => return frame::error(StatusCode::BAD_REQUEST, language, &text),
    };
    let done = perform(&console, &operator, &app, described.call, &asked, is_sent).await;
    show(&console, &operator, &app, described, asked, Some(done))
}

/// What came of a form.
struct Done {
    request: (String, String),
    snippets: Vec<Snippet>,
    answer: Option<Result<Shown, String>>,
}

async fn perform(
    console: &Console,
    operator: &Operator,
    app: &App,
    call: CallName,
    asked: &Asked,
    is_sent: bool,
) -> Done {
    let now = console.clock.unix_seconds();
    let signed = operate::sign(app, &asked.identifier, now, asked.seconds);
    let shows_usersig = asked.with_usersig && operator.role == Role::Admin;
    let sent = Sent {
        base: &asked.base,
        app: app.id.get(),
        call,
        identifier: &asked.identifier,
        usersig: shows_usersig.then_some(signed.usersig.as_str()),
        random: random::number() as u32,
        body: &asked.body,
    };
    let hidden = format!("${}", snippets::VARIABLE);
    let line = format!("POST {}", sent.target(sent.usersig.unwrap_or(&hidden)));
    let mut done = Done { request: (line, asked.body.clone()), snippets: snippets::all(&sent), answer: None };
    if !is_sent {
        return done;
    }
    let start = console.clock.monotonic();
    let target = sent.target(&signed.usersig);
    let answered = console.send(operator.address, operator.role, &target, asked.body.clone()).await;
    let milliseconds = console.clock.monotonic().saturating_sub(start).as_millis() as u64;
    done.answer = Some(answered.map(|answered| {
        let tried = Tried {
            number: 0,
            app: app.id.get(),
            call,
            identifier: asked.identifier.clone(),
            seconds: asked.seconds,
            body: asked.body.clone(),
            code: answered.code(),
            at: now,
            milliseconds,
        };
        console.sessions.with(&operator.cookie, &console.admin.tokens, |session| session.calls.add(tried));
        answer::shown(call, &answered, milliseconds)
    }));
    done
}

fn show(
    console: &Console,
    operator: &Operator,
    app: &App,
    described: Described,
    asked: Asked,
    done: Option<Done>,
) -> Response {
    let number = app.id.get();
    let mut page = Page {
        frame: Frame::of(console, operator, "api", described.call.command()).about(number),
        app: number,
        described,
        fields: described.fields(),
        samples: samples::requests(described.call).iter().map(|sample| sample.name).collect(),
        administrators: app.administrators().map(str::to_owned).collect(),
        asked,
        may_send: may_send(operator, described.call),
        request: None,
        answer: None,
        snippets: Vec::new(),
        wrong: None,
        tried: tried(console, operator, number),
        style: assets::api_style(),
        script: assets::api_script(),
    };
    if let Some(done) = done {
        page.request = Some(done.request);
        page.snippets = done.snippets;
        match done.answer {
            Some(Ok(answer)) => page.answer = Some(answer),
            Some(Err(error)) => page.wrong = Some(error),
            None => {}
        }
    }
    frame::render(StatusCode::OK, &page)
}

fn find(
    console: &Console,
    operator: &Operator,
    app: u32,
    command: &str,
) -> Result<(Arc<App>, Described), Box<Response>> {
    let found = about::find(console, operator, app)?;
    let language = operator.language;
    let Some(described) = Described::find(command, language) else {
        let text = language.t("There is no such call.");
        return Err(Box::new(frame::error(StatusCode::NOT_FOUND, language, text)));
    };
    Ok((found, described))
}

fn may_send(operator: &Operator, call: CallName) -> bool {
    operator.role == Role::Admin || call.only_reads()
}

/// What a form asks for. Nobody but an administrator of the application signs.
fn asked(fields: &Fields, app: &App, base: String, language: Language) -> Result<Asked, String> {
    let identifier = fields.get("identifier").to_owned();
    if !app.is_administrator(&identifier) {
        return Err(language.fill("{} is no administrator of this application.", &[&identifier]));
    }
    let seconds = fields.number("seconds").filter(|seconds| VALIDITIES.contains(seconds));
    Ok(Asked {
        identifier,
        seconds: seconds.unwrap_or(VALIDITIES[0]),
        // Browsers end lines of text areas so, whatever stood there.
        body: fields.get("body").replace("\r\n", "\n"),
        base: own_base(fields.get("base")).unwrap_or(base),
        with_usersig: fields.get("usersig") == "shown",
    })
}

/// An address that somebody gave, if it is one.
fn own_base(text: &str) -> Option<String> {
    let uri: Uri = text.trim().parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = uri.authority().map(Authority::as_str).filter(|authority| !authority.contains('@'))?;
    (uri.path() == "/" && uri.query().is_none()).then(|| format!("{scheme}://{authority}"))
}

/// Where calls are served, at least one, for programs on the operator's machine: a server that listens everywhere is
/// reached by the name that the operator reaches the console by.
pub(super) fn bases(console: &Console, headers: &HeaderMap) -> Vec<String> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    let host = host
        .as_ref()
        .map(Authority::host)
        .filter(|host| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte)));
    let plain = console.calls.plain.iter().map(|at| ("http", at));
    let tls = console.calls.tls.iter().map(|at| ("https", at));
    let mut bases = Vec::new();
    for (scheme, at) in plain.chain(tls) {
        let base = match host {
            Some(host) if at.ip().is_unspecified() => format!("{scheme}://{host}:{}", at.port()),
            _ => format!("{scheme}://{at}"),
        };
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    if bases.is_empty() {
        bases.push("http://127.0.0.1:8080".to_owned());
    }
    bases
}

fn tried(console: &Console, operator: &Operator, app: u32) -> Vec<Tried> {
    let all = console.sessions.with(&operator.cookie, &console.admin.tokens, |session| {
        session.calls.of(app).map(|tried| Tried { body: String::new(), ..tried.clone() }).collect()
    });
    all.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_such_alone() {
        assert_eq!(own_base(" https://a.example:8443/ ").as_deref(), Some("https://a.example:8443"));
        assert_eq!(own_base("http://[::1]:1").as_deref(), Some("http://[::1]:1"));
        for other in
            ["", "a", "ftp://a", "http://u@a", "http://a/b", "http://a/?b", "javascript:x", "http://a b"]
        {
            assert_eq!(own_base(other), None, "{other:?}");
        }
    }
}
