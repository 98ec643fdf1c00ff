//! `[apps.webhook]`: whom changes of an application's users are told.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;

use super::parse::Parser;
use super::values::Secret;

/// What the text of a secret begins with, as everywhere where webhooks are signed in this way.
const PREFIX: &str = "whsec_";

/// `[apps.webhook]`
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Where to.
    pub url: Uri,
    /// What is signed with: the present secret first, then the previous one if there is one.
    pub secrets: Vec<WebhookSecret>,
    /// Time for the receiver to answer one request.
    pub timeout: Duration,
    /// How long telling one user's changes is tried.
    pub give_up: Duration,
    /// Requests under way at a time.
    pub at_once: usize,
}

/// A secret that webhooks are signed with.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Secret);

impl WebhookSecret {
    /// Accepts what receivers' libraries take as a secret.
    pub fn parse(text: Secret) -> Result<WebhookSecret, &'static str> {
        match key(&text).map(|key| key.len()) {
            Some(24..=64) => Ok(WebhookSecret(text)),
            _ => Err("must be whsec_ followed by 24 to 64 bytes in Base64"),
        }
    }

    /// As it is configured.
    pub fn text(&self) -> &Secret {
        &self.0
    }

    /// The bytes to sign with.
    pub(crate) fn key(&self) -> Vec<u8> {
        key(&self.0).expect("it was read when it was made")
    }
}

fn key(text: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(text.expose().strip_prefix(PREFIX)?).ok()
}

impl Parser {
    /// Whom changes are told; a URL is what makes it so.
    pub(super) fn webhook(&mut self, path: &str) -> Option<WebhookSettings> {
        let of = |name: &str| format!("{path}.{name}");
        let mut secrets = Vec::new();
        for path in [of("secret"), of("previous_secret")] {
            match self.secret(&path).map(WebhookSecret::parse) {
                Some(Ok(secret)) => secrets.push(secret),
                Some(Err(what)) => self.problem(&path, what),
                None => {}
            }
        }
        if !self.is_right(&of("url")) {
            return None;
        }
        self.require(&of("secret"));
        let url = match parse_url(&self.text(&of("url"))) {
            Ok(url) => url,
            Err(what) => {
                self.problem(&of("url"), what);
                return None;
            }
        };
        Some(WebhookSettings {
            url,
            secrets,
            timeout: Duration::from_secs(self.number(&of("timeout_seconds"))),
            give_up: Duration::from_secs(self.number(&of("give_up_seconds"))),
            at_once: self.number(&of("at_once")),
        })
    }
}

/// A URL with a host. What would be in a user name or fragment belongs elsewhere, or means nothing.
fn parse_url(text: &str) -> Result<Uri, &'static str> {
    const WRONG: &str =
        "must be a URL such as https://chat.example.org/foldmark, without user name or fragment";
    let uri: Uri = text.parse().map_err(|_| WRONG)?;
    let has_host = uri.authority().is_some_and(|authority| !authority.host().is_empty());
    if !matches!(uri.scheme_str(), Some("http" | "https")) || !has_host || text.contains(['@', '#']) {
        return Err(WRONG);
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_scheme_and_a_host() {
        for right in ["http://127.0.0.1:1/", "https://a.example/b?c=d", "http://[::1]/x"] {
            assert!(parse_url(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "a.example", "/path", "ftp://a.example/", "http://u@a.example/", "http://a/#f", "http://"]
        {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_as_long_as_libraries_want_them() {
        let secret = |bytes: usize| {
            let text = format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
            WebhookSecret::parse(Secret::new(text))
        };
        assert_eq!(secret(24).unwrap().key(), [7; 24]);
        assert!(secret(64).is_ok());
        assert!(secret(23).is_err() && secret(65).is_err());
        for wrong in ["hush", "whsec_", "whsec_!"] {
            assert!(WebhookSecret::parse(Secret::new(wrong.to_owned())).is_err(), "{wrong}");
        }
    }
}
