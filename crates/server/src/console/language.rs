//! The languages of the console. Pages are written in English; [`super::chinese`] says the same in Chinese.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, header};

use super::Console;
use super::chinese;
use super::guard::{self, Posted};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    #[default]
    English,
    Chinese,
}

/// The name of the cookie that holds a choice.
const COOKIE: &str = "foldmark_language";

impl Language {
    /// What the operator chose, or what his browser asks for.
    pub(super) fn of(headers: &HeaderMap) -> Language {
        match guard::cookie(headers, COOKIE) {
            Some("zh") => return Language::Chinese,
            Some("en") => return Language::English,
            _ => {}
        }
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        match asked.is_some_and(|asked| asked.trim_start().to_ascii_lowercase().starts_with("zh")) {
            true => Language::Chinese,
            false => Language::English,
        }
    }

    /// The tag by which browsers know the language.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    /// An English text in this language.
    pub(super) fn t(self, english: &str) -> &str {
        match self {
            Language::English => english,
            Language::Chinese => chinese::of(english).unwrap_or(english),
        }
    }

    /// What stands between two sentences.
    pub(super) fn between_sentences(self) -> &'static str {
        match self {
            Language::English => " ",
            Language::Chinese => "",
        }
    }

    /// An English text in this language, each `{}` of it replaced by one of `with`, in order.
    pub(super) fn fill(self, english: &'static str, with: &[&dyn std::fmt::Display]) -> String {
        let mut parts = self.t(english).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(with) {
            text.push_str(&value.to_string());
            text.push_str(part);
        }
        text
    }
}

/// Remembers the operator's choice.
pub(super) async fn choose(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    let language = if posted.fields.get("to") == "zh" { "zh" } else { "en" };
    let secure = if console.secure { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={language}; Path=/console/; Max-Age=31536000; HttpOnly; SameSite=Strict{secure}");
    let mut response = Redirect::to(&guard::back(&posted.headers)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_goes_before_what_the_browser_asks_for() {
        let of = |cookie: Option<&'static str>, accept: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            cookie.map(|cookie| headers.insert(header::COOKIE, HeaderValue::from_static(cookie)));
            accept.map(|accept| headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept)));
            Language::of(&headers)
        };
        assert_eq!(of(None, None), Language::English);
        assert_eq!(of(None, Some("zh-CN,zh;q=0.9,en;q=0.8")), Language::Chinese);
        assert_eq!(of(None, Some("de,zh")), Language::English);
        assert_eq!(of(Some("foldmark_language=zh"), Some("en")), Language::Chinese);
        assert_eq!(of(Some("a=b; foldmark_language=en"), Some("zh")), Language::English);
    }

    #[test]
    fn texts_are_filled_in_order() {
        assert_eq!(Language::English.fill("{} of {}", &[&1, &"two"]), "1 of two");
        assert_eq!(Language::English.fill("none", &[]), "none");
    }
}
