//! Who may reach a handler: the extractors that pages and forms begin with, and the headers of every answer.
//!
//! [`Operator`]: somebody is signed in. [`Posted`]: moreover, a form of ours was sent by him. [`Change`]: moreover, he
//! may change something.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use subtle::ConstantTimeEq;

use super::Console;
use super::fields::Fields;
use super::frame;
use super::language::Language;
use super::session::Session;
use crate::limits;
use crate::tokens::Role;

/// The name of the cookie of a session.
pub(super) const COOKIE: &str = "foldmark_console";

/// What a page that fetches itself again sends.
const REFRESH: HeaderName = HeaderName::from_static("foldmark-refresh");

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    pub(super) role: Role,
    /// For the forms of the page.
    pub(super) csrf: String,
    pub(super) language: Language,
    pub(super) address: IpAddr,
    /// What his cookie holds.
    pub(super) cookie: String,
    /// A page that is open fetches itself again, which is no sign that anybody is there.
    pub(super) is_refresh: bool,
}

/// A form that somebody who is signed in has sent from one of our pages.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) operator: Operator,
    pub(super) fields: Fields,
    pub(super) headers: HeaderMap,
}

/// A form that was sent by somebody who may change things.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) operator: Operator,
    pub(super) fields: Fields,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<Arc<Console>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Operator, Response> {
        let language = Language::of(&parts.headers);
        let address = address(parts);
        let is_refresh = parts.headers.contains_key(REFRESH);
        let found = cookie(&parts.headers, COOKIE).and_then(|cookie| {
            let (sessions, tokens) = (&console.sessions, &console.admin.tokens);
            let facts = |session: &mut Session| (session.role, session.csrf.clone());
            let session = match is_refresh {
                true => sessions.with(cookie, tokens, facts),
                false => sessions.visit(cookie, tokens, facts),
            };
            session.map(|(role, csrf)| Operator {
                role,
                csrf,
                language,
                address,
                cookie: cookie.to_owned(),
                is_refresh,
            })
        });
        match found {
            Some(operator) => Ok(operator),
            None if parts.method == Method::GET => Err(Redirect::to("/console/sign-in").into_response()),
            None => Err(refused(language, language.t("You are not signed in, or were away too long."))),
        }
    }
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Posted, Response> {
        let (mut parts, body) = request.into_parts();
        let operator = Operator::from_request_parts(&mut parts, console).await?;
        let language = operator.language;
        if !is_own_page(&parts) {
            return Err(refused(language, language.t("This form was sent from another page.")));
        }
        let fields = read(body, language).await?;
        let is_ours: bool = fields.get("csrf").as_bytes().ct_eq(operator.csrf.as_bytes()).into();
        if !is_ours {
            let text = "This form is not one of yours, perhaps of an earlier session. Load the page again.";
            return Err(refused(language, language.t(text)));
        }
        Ok(Posted { operator, fields, headers: parts.headers })
    }
}

impl FromRequest<Arc<Console>> for Change {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Change, Response> {
        let Posted { operator, fields, headers } = Posted::from_request(request, console).await?;
        if operator.role != Role::Admin {
            let text = "The viewer token lets you look, and not change anything.";
            return Err(refused(operator.language, operator.language.t(text)));
        }
        Ok(Change { operator, fields, headers })
    }
}

/// Reads a form.
pub(super) async fn read(body: axum::body::Body, language: Language) -> Result<Fields, Response> {
    match axum::body::to_bytes(body, limits::CONSOLE_FORM_BYTES).await {
        Ok(body) => Ok(Fields::parse(&body)),
        Err(_) => {
            let text = language.fill(
                "A form must come whole and have at most {} MiB.",
                &[&(limits::CONSOLE_FORM_BYTES >> 20)],
            );
            Err(frame::error(StatusCode::PAYLOAD_TOO_LARGE, language, &text))
        }
    }
}

/// Where the request comes from.
pub(super) fn address(parts: &Parts) -> IpAddr {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(from)| from.ip().to_canonical())
}

/// What the cookie of this name holds, of the first that has it.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    for header in headers.get_all(header::COOKIE) {
        for pair in header.to_str().unwrap_or_default().split(';') {
            if let Some((found, value)) = pair.trim().split_once('=')
                && found == name
            {
                return Some(value);
            }
        }
    }
    None
}

/// Whether a form was sent from a page of this host. Browsers say so; what says nothing is no browser, and holds no
/// session but its own.
pub(super) fn is_own_page(parts: &Parts) -> bool {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    if parts.headers.get(FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let of_origin = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    // HTTP/2 names the host in the request itself.
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(Authority::as_str));
    of_origin.is_some() && of_origin == host
}

/// The page that a form stood on, as far as it is one of ours.
pub(super) fn back(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let page = referer.and_then(|referer| referer.parse::<Uri>().ok());
    let page = page.as_ref().and_then(Uri::path_and_query).map(|page| page.as_str());
    page.filter(|page| page.starts_with("/console/")).unwrap_or("/console/").to_owned()
}

/// The page that a form stood on, if its address begins so.
pub(super) fn back_within(headers: &HeaderMap, own: &str) -> Option<String> {
    Some(back(headers)).filter(|back| back.starts_with(own))
}

fn refused(language: Language, text: &str) -> Response {
    frame::error(StatusCode::FORBIDDEN, language, text)
}

/// Nothing from elsewhere, no frames around, no traces elsewhere, and nothing kept that tells of users.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // A page may have said itself what it fetches.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Within the console only: that is how a form finds back to its page.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&'static str, &'static str)]) -> Parts {
        let mut request = http::Request::get("/console/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn forms_of_other_pages_are_known() {
        for own in [
            &[][..],
            &[("host", "a:1"), ("origin", "http://a:1")],
            &[("host", "a"), ("origin", "https://a"), ("sec-fetch-site", "same-origin")],
        ] {
            assert!(is_own_page(&parts(own)), "{own:?}");
        }
        for foreign in [
            &[("host", "a:1"), ("origin", "http://a:2")][..],
            &[("host", "a"), ("origin", "null")],
            &[("host", "a"), ("origin", "http://b")],
            &[("host", "a"), ("sec-fetch-site", "cross-site")],
            &[("host", "a"), ("sec-fetch-site", "same-site")],
            &[("host", "a"), ("origin", "http://a"), ("sec-fetch-site", "none")],
            &[("origin", "http://a")],
        ] {
            assert!(!is_own_page(&parts(foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn forms_lead_back_to_pages_of_the_console_alone() {
        let back = |referer: &'static str| back(&parts(&[("referer", referer)]).headers);
        assert_eq!(back("http://a/console/apps/1/user?id=b"), "/console/apps/1/user?id=b");
        for other in ["http://a/", "http://a//evil.example", "not a url", ""] {
            assert_eq!(back(other), "/console/", "{other:?}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let parts = parts(&[("cookie", "a=1; foldmark_console=x"), ("cookie", "b=2")]);
        assert_eq!(cookie(&parts.headers, COOKIE), Some("x"));
        assert_eq!(cookie(&parts.headers, "b"), Some("2"));
        assert_eq!(cookie(&parts.headers, "c"), None);
    }
}
