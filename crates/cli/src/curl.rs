//! A line for a shell that makes a call with curl, complete with a UserSig.

use std::path::Path;

use foldmark_client::CallName;
use foldmark_server::clock::Clock;
use foldmark_server::random;
use foldmark_wire::query::write_query;
use foldmark_wire::usersig::NewUserSig;

use crate::credentials::App;

/// The administrator of an application that configures none.
pub(crate) const ADMINISTRATOR: &str = "administrator";
/// 180 days, the documented default.
const VALIDITY: u64 = 180 * 24 * 60 * 60;

/// The line. `certificate` is what a server at an HTTPS address shows.
pub(crate) fn line(base: &str, app: &App, call: CallName, body: &str, certificate: Option<&Path>) -> String {
    let usersig = NewUserSig {
        sdkappid: app.sdkappid,
        key: app.key.expose().as_bytes(),
        identifier: ADMINISTRATOR,
        now: Clock::system().unix_seconds(),
        expire: VALIDITY,
        userbuf: None,
    };
    let query = write_query(app.sdkappid, ADMINISTRATOR, &usersig.make(), random::number() as u32);
    let url = quoted(&format!("{base}{}?{query}", call.path()));
    let trust = match certificate {
        Some(file) if base.starts_with("https") => format!("--cacert {} ", quoted(&file.to_string_lossy())),
        _ => String::new(),
    };
    format!("curl -sS {trust}{url} -d {}", quoted(body))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use foldmark_server::config::Secret;

    use super::*;

    #[test]
    fn the_line_is_quoted_for_a_shell() {
        let app = App { sdkappid: 7, key: Secret::new("secret".to_owned()) };
        let certificate = Path::new("it's.pem");
        let line =
            line("https://h:1", &app, CallName::AccountImport, r#"{"UserID":"a'b"}"#, Some(certificate));
        let start = r"curl -sS --cacert 'it'\''s.pem' 'https://h:1/v4/im_open_login_svc/account_import?sdkappid=7&identifier=administrator&usersig=";
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with(r#"&contenttype=json' -d '{"UserID":"a'\''b"}'"#), "{line}");
    }
}
