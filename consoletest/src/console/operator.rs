//! Somebody who is signed in to the console without a browser: what a program sends that has his cookie, and perhaps the
//! secret of his forms. It says where a form comes from only when it is told to.

use http::Method;

use crate::http::{Answer, Http};

/// A session of the console.
pub(crate) struct Operator<'a> {
    http: &'a Http,
    /// The console's own origin.
    origin: String,
    /// Name and value of the session's cookie.
    cookie: String,
    /// What his forms hold.
    pub(crate) csrf: String,
}

impl<'a> Operator<'a> {
    /// Somebody who is not signed in.
    pub(crate) fn nobody(http: &'a Http, origin: &str) -> Operator<'a> {
        Operator { http, origin: origin.to_owned(), cookie: String::new(), csrf: String::new() }
    }

    /// Signs in with a token.
    pub(crate) fn sign_in(http: &'a Http, origin: &str, token: &str) -> Result<Operator<'a>, String> {
        let mut operator = Operator::nobody(http, origin);
        let answer = operator.post("/console/sign-in", &[("token", token)], &[])?;
        let cookie = answer.header("set-cookie").to_owned();
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console/"] {
            if !cookie.contains(attribute) {
                return Err(format!("the cookie of a session lacks {attribute}: {cookie:?}"));
            }
        }
        operator.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let mut page = operator.get("/console/")?;
        while (300..400).contains(&page.status) {
            page = operator.get(page.header("location"))?;
        }
        let csrf = page.text.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (csrf, _) = csrf.ok_or_else(|| format!("no form was found: {}", page.text))?;
        operator.csrf = csrf.to_owned();
        Ok(operator)
    }

    /// Asks for a page.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, String> {
        self.http.get(&format!("{}{path}", self.origin), &[("cookie", &self.cookie)])
    }

    /// Sends a form as it is, with further headers.
    pub(crate) fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        if !self.cookie.is_empty() {
            all.push(("cookie", self.cookie.as_str()));
        }
        all.extend(headers);
        self.http.send(&Method::POST, &format!("{}{path}", self.origin), &all, body.join("&"))
    }
}

/// A text as it stands in a form or a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
