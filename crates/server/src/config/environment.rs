//! The environment: the one place where the process's variables are read, and which of them are configuration.
//!
//! A variable that begins with `FOLDMARK_` and is not known is an error, so that a slip does not silently leave a
//! default in force. Two kinds are left alone: [`FILE_VARIABLE`], and the variables that Kubernetes and Docker links
//! put into every container for a service whose name begins with `foldmark`. An empty variable counts as not set.

use std::collections::BTreeMap;

use super::names::{Spelling, VARIABLE_PREFIX};
use super::raw::{Assignment, Raw};

/// Names the configuration file. It is for the command line to read; loading ignores it.
pub const FILE_VARIABLE: &str = "FOLDMARK_CONFIG";

/// The names of the listeners that a service manager hands over, with colons between them.
pub const LISTENER_NAMES: &str = "LISTEN_FDNAMES";

/// A variable that is no configuration.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment; all else takes it as data"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The process's variables whose names begin with `FOLDMARK_`. Bytes that are not Unicode become U+FFFD, which
/// [`load`](super::load) refuses.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment; all else takes it as data"
)]
pub fn read() -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        // A name that is not Unicode cannot be one of ours.
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(VARIABLE_PREFIX) {
            variables.insert(name.to_owned(), value.to_string_lossy().into_owned());
        }
    }
    variables
}

/// Reads the layer that `environment` holds.
pub(super) fn layer(environment: &BTreeMap<String, String>, raw: &mut Raw) -> Vec<Assignment> {
    let ours = environment.iter().filter(|(name, value)| {
        name.starts_with(VARIABLE_PREFIX)
            && !value.is_empty()
            && name.as_str() != FILE_VARIABLE
            && !is_service_link(name, value)
    });
    raw.read_texts(
        ours.map(|(name, value)| (name.as_str(), value.as_str())),
        Spelling::Variable,
        str::to_owned,
    )
}

/// Whether Kubernetes or Docker made the variable: a service named `foldmark` gives `FOLDMARK_SERVICE_HOST`,
/// `FOLDMARK_SERVICE_PORT_HTTP`, `FOLDMARK_PORT=tcp://…`, `FOLDMARK_PORT_8080_TCP_ADDR` and more to every pod of its
/// namespace, and a service named `foldmark-server` gives `FOLDMARK_SERVER_PORT` and so on.
fn is_service_link(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return true;
    }
    if name.ends_with("_PORT") {
        return value.contains("://");
    }
    let Some((_, port)) = name.split_once("_PORT_") else {
        return false;
    };
    let Some((number, protocol)) = port.split_once('_') else {
        return false;
    };
    let protocol = protocol.split('_').next().unwrap_or_default();
    number.parse::<u16>().is_ok() && ["TCP", "UDP", "SCTP"].contains(&protocol)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::schema::SCHEMA;
    use super::*;

    #[test]
    fn unknown_variables_are_problems_and_others_are_not_ours() {
        let environment = [
            ("FOLDMARK_SERVER_LISEN", "127.0.0.1:1"),
            ("FOLDMARK_APPS_2_PREVIOUS_KEYFILE", "/run/key"),
            ("FOLDMARK_PROT", "1"),
            ("FOLDMARK_UNKNOWN_BUT_EMPTY", ""),
            ("FOLDMARK_CONFIG", "/etc/foldmark.toml"),
            ("FOLDMARK_SERVICE_HOST", "10.0.0.1"),
            ("FOLDMARK_SERVER_SERVICE_PORT_HTTP", "80"),
            ("FOLDMARK_PORT", "tcp://10.0.0.1:80"),
            ("FOLDMARK_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("PATH", "/bin"),
            ("foldmark_server_listen", "x"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut raw = Raw::default();
        assert!(layer(&environment, &mut raw).is_empty());
        expect![[r#"
            FOLDMARK_APPS_2_PREVIOUS_KEYFILE: is not known; the nearest known name is FOLDMARK_APPS_2_PREVIOUS_KEY_FILE
            FOLDMARK_PROT: is not known; the nearest known name is FOLDMARK_ADMIN_TLS
            FOLDMARK_SERVER_LISEN: is not known; the nearest known name is FOLDMARK_SERVER_LISTEN"#]].assert_eq(&raw.problems.join("\n"));
    }

    #[test]
    fn no_key_looks_like_a_service_link() {
        for key in SCHEMA {
            let name = Spelling::Variable.name(key).replace('*', "0");
            assert!(!is_service_link(&name, "tcp://10.0.0.1:80"), "{name}");
            assert!(name != FILE_VARIABLE);
        }
    }

    #[test]
    fn the_process_is_asked_for_our_variables_alone() {
        assert!(read().keys().all(|name| name.starts_with(VARIABLE_PREFIX)));
    }
}
