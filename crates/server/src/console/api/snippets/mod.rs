//! One call as a program in several languages: each is complete, runs as it stands, and sends the body byte for byte,
//! whatever is in it.
//!
//! Who may not change anything is not given a UserSig; what he is shown takes it from the environment.

mod java;
mod node;
mod php;
mod python;
mod quote;
mod rust;
mod shell;
mod watch;

use foldmark_wire::CallName;
use foldmark_wire::query::write_query;

pub(super) use watch::{Watched, all as watching};

/// What a program is to send.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    /// Scheme, host and port.
    pub(super) base: &'a str,
    pub(super) app: u32,
    pub(super) call: CallName,
    pub(super) identifier: &'a str,
    /// `None`: the program takes it from the environment's `USERSIG`.
    pub(super) usersig: Option<&'a str>,
    pub(super) random: u32,
    pub(super) body: &'a str,
}

/// A program.
#[derive(Debug)]
pub(super) struct Snippet {
    /// For ids in a page.
    pub(super) name: &'static str,
    pub(super) language: &'static str,
    pub(super) text: String,
}

/// The programs of all languages.
pub(super) fn all(sent: &Sent<'_>) -> Vec<Snippet> {
    let snippet = |name, language, text| Snippet { name, language, text };
    vec![
        snippet("curl", "curl", shell::program(sent)),
        snippet("rust", "Rust", rust::program(sent)),
        snippet("python", "Python", python::program(sent)),
        snippet("java", "Java", java::program(sent)),
        snippet("php", "PHP", php::program(sent)),
        snippet("node", "Node.js", node::program(sent)),
    ]
}

/// The name of the variable that holds a UserSig that is not shown.
pub(super) const VARIABLE: &str = "USERSIG";

impl Sent<'_> {
    /// Path and query, with this in the place of the UserSig.
    pub(super) fn target(&self, usersig: &str) -> String {
        let (before, after) = self.around();
        format!("{before}{usersig}{after}")
    }

    /// The whole URL in two parts: before the UserSig, and behind it.
    fn url_around(&self) -> (String, String) {
        let (before, after) = self.around();
        (format!("{}{before}", self.base), after)
    }

    fn around(&self) -> (String, String) {
        around_usersig(self.call.path(), &write_query(self.app, self.identifier, "", self.random))
    }

    /// The whole URL as an expression of a language: a literal if the UserSig is shown, and else two with what reads
    /// the variable between them.
    fn url_expression(&self, quoted: impl Fn(&str) -> String, plus: &str, variable: &str) -> String {
        let (before, after) = self.url_around();
        match self.usersig {
            Some(usersig) => quoted(&format!("{before}{usersig}{after}")),
            None => format!("{}{plus}{variable}{plus}{}", quoted(&before), quoted(&after)),
        }
    }
}

/// A path with a query whose UserSig is empty, in two parts: before the UserSig, and behind it.
fn around_usersig(path: &str, query: &str) -> (String, String) {
    // Nothing before it can hold a separator, which would be encoded.
    let (before, after) = query.split_once("&usersig=").unwrap_or((query, ""));
    (format!("{path}?{before}&usersig="), after.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sent<'a>(body: &'a str, usersig: Option<&'a str>) -> Sent<'a> {
        Sent {
            base: "http://127.0.0.1:8080",
            app: 1_400_000_000,
            call: CallName::GetContactGroup,
            identifier: "it's \"me\" & $x",
            usersig,
            random: 7,
            body,
        }
    }

    #[test]
    fn the_target_is_that_of_a_query() {
        let sent = sent("{}", None);
        let path = "/v4/recentcontact/get_contact_group?sdkappid=1400000000&identifier=it%27s%20%22me%22%20%26%20%24x";
        assert_eq!(sent.target("$USERSIG"), format!("{path}&usersig=$USERSIG&random=7&contenttype=json"));
    }

    #[test]
    fn no_program_holds_a_usersig_that_it_is_not_to_hold() {
        for snippet in all(&sent("{}", None)) {
            assert!(snippet.text.contains(VARIABLE), "{}", snippet.text);
        }
        for snippet in all(&sent("{}", Some("eJw-secret*_"))) {
            assert!(snippet.text.contains("eJw-secret*_"), "{}", snippet.text);
            assert!(!snippet.text.contains(VARIABLE), "{}", snippet.text);
        }
    }
}
