//! Values that are checked once and cannot be wrong afterwards: addresses, secrets, web origins.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use ipnet::IpNet;

/// Longest name of a bit of the standard mark.
const MARK_NAME_BYTES_MAX: usize = 64;

/// Bytes of a secret, more than any real one has.
pub(super) const SECRET_BYTES_MAX: usize = 1_024;

/// An IP address or a host name, with a port: where a listener is bound, the port 0 meaning any, or a node is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

impl Address {
    /// Takes `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; an `Err` says what an address has to be.
    pub fn parse(text: &str) -> Result<Address, &'static str> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Address(address.to_string()));
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err("must be host:port");
        };
        if host.is_empty() {
            return Err("must be host:port, with a host such as 0.0.0.0 before the port");
        }
        if host.contains(':') {
            return Err("must be host:port, an IPv6 address in brackets such as [::1]:8080");
        }
        if !is_host_name(host) {
            return Err("must be host:port, the host an IP address or a host name");
        }
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must be host:port, the port a number from 0 to 65535");
        }
        let Ok(port) = port.parse::<u16>() else {
            return Err("must be host:port, the port a number from 0 to 65535");
        };
        Ok(Address(format!("{}:{port}", host.to_ascii_lowercase())))
    }

    /// In the form that binding a listener takes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the operating system chooses the port.
    pub fn is_any_port(&self) -> bool {
        self.0.ends_with(":0")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes a node of a cluster: as [`Address::parse`] does, but without a port it is the usual one.
pub(super) fn parse_contact_point(text: &str) -> Result<Address, &'static str> {
    const WRONG: &str = "must be host or host:port, an IPv6 address with a port in brackets";
    let unbracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = unbracketed.parse::<IpAddr>() {
        return Ok(Address(SocketAddr::new(ip, CQL_PORT).to_string()));
    }
    let parsed =
        if text.contains(':') { Address::parse(text) } else { Address::parse(&format!("{text}:{CQL_PORT}")) };
    parsed.ok().filter(|address| !address.is_any_port()).ok_or(WRONG)
}

/// Where the nodes of a cluster serve clients unless they are told otherwise.
const CQL_PORT: u16 = 9042;

/// Checks the name of a keyspace, which must be one that needs no quotes.
pub(super) fn parse_keyspace(name: &str) -> Result<(), &'static str> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_with_letter = name.starts_with(|first: char| first.is_ascii_lowercase());
    if name.len() > KEYSPACE_BYTES_MAX || !begins_with_letter || !name.bytes().all(fits) {
        return Err("must be lower-case letters, digits and underscores, at most 48, a letter first");
    }
    Ok(())
}

const KEYSPACE_BYTES_MAX: usize = 48;

/// A text that must not be shown: printing it gives `***`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a text that the server made or checked itself; what people give goes through [`Secret::parse`].
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// Takes one line of 1 to 1,024 bytes; an `Err` says what a secret has to be and never holds it.
    pub fn parse(text: &str) -> Result<Secret, &'static str> {
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text == MASK {
            return Err("must be the secret itself, not the mask that is printed for it");
        }
        if text.len() > SECRET_BYTES_MAX {
            return Err("must be at most 1024 bytes");
        }
        if text.chars().any(char::is_control) {
            return Err("must be one line without control characters");
        }
        Ok(Secret::new(text.to_owned()))
    }

    /// The secret in the clear.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What stands for a secret wherever something is printed.
pub(super) const MASK: &str = "***";

/// Takes a web origin as browsers send it, such as `https://console.example:8443`, and puts it into lower case.
pub(super) fn parse_origin(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be an origin such as https://console.example, without a path";
    let Some((scheme, authority)) = text.split_once("://") else {
        return Err(WRONG);
    };
    let scheme_fits = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let authority_fits =
        authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    if scheme.is_empty() || authority.is_empty() || !scheme_fits || !authority_fits {
        return Err(WRONG);
    }
    Ok(text.to_ascii_lowercase())
}

/// Takes an address, or a network such as `10.0.0.0/8`, whose bits behind the prefix must be zero: others are likely a
/// slip. An IPv4 address that is written as one of IPv6 is taken for what it is.
pub(super) fn parse_network(text: &str) -> Result<IpNet, &'static str> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    match text.parse::<IpNet>() {
        Ok(network) if network.network() == network.addr() => Ok(network),
        Ok(_) => Err("must be a network whose bits behind the prefix are zero"),
        Err(_) => Err("must be an IP address, or a network such as 10.0.0.0/8"),
    }
}

/// Takes what a bit of the standard mark is called, such as `32=VIP`. Those below 32 have documented meanings or are
/// kept for some.
pub(super) fn parse_mark_name(text: &str) -> Result<(u8, String), &'static str> {
    const WRONG: &str =
        "must be a bit from 32 to 63, `=`, and a name of 1 to 64 bytes without control characters";
    let (bit, name) = text.split_once('=').ok_or(WRONG)?;
    let (bit, name) = (bit.trim().parse::<u8>().map_err(|_| WRONG)?, name.trim());
    let fits = (32..=63).contains(&bit) && (1..=MARK_NAME_BYTES_MAX).contains(&name.len());
    if !fits || name.chars().any(char::is_control) {
        return Err(WRONG);
    }
    Ok((bit, name.to_owned()))
}

/// Takes the URL of a receiver of traces, and gives it back without a slash at its end. What could be a secret in it, a
/// user name or a query, is refused: the URL is printed and logged.
pub(super) fn parse_receiver(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be a URL such as http://127.0.0.1:4318, without user name, query or fragment";
    let uri: Uri = text.parse().map_err(|_| WRONG)?;
    let authority = uri.authority().ok_or(WRONG)?;
    let has_more = text.contains(['@', '?', '#']) || uri.query().is_some();
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() || has_more {
        return Err(WRONG);
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn is_host_name(host: &str) -> bool {
    host.len() <= 253 && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_host_and_a_port() {
        for (text, expected) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:8080", "[::1]:8080"),
            ("[0:0::1]:8080", "[::1]:8080"),
            ("LocalHost:080", "localhost:80"),
        ] {
            assert_eq!(Address::parse(text).unwrap().as_str(), expected);
        }
        let wrong = [
            "",
            "8080",
            ":8080",
            "localhost",
            "localhost:",
            "::1:80",
            "a b:80",
            "h:65536",
            "h:+80",
            "h:-1",
            "http://h:80",
        ];
        for text in wrong {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
        assert!(Address::parse("localhost:0").unwrap().is_any_port());
        assert!(!Address::parse("localhost:80").unwrap().is_any_port());
    }

    #[test]
    fn nodes_have_the_usual_port_unless_they_say_otherwise() {
        for (text, expected) in [
            ("10.0.0.1", "10.0.0.1:9042"),
            ("10.0.0.1:19042", "10.0.0.1:19042"),
            ("Node1.example", "node1.example:9042"),
            ("node1:1", "node1:1"),
            ("::1", "[::1]:9042"),
            ("[::1]", "[::1]:9042"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(parse_contact_point(text).unwrap().as_str(), expected);
        }
        for text in ["", ":9042", "node1:", "node1:0", "node1:65536", "a b", "http://node1", "[::1"] {
            assert!(parse_contact_point(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn keyspaces_need_no_quotes() {
        for name in ["f", "foldmark_2", &"a".repeat(48)] {
            assert!(parse_keyspace(name).is_ok(), "{name}");
        }
        for name in ["", "1a", "_a", "Foldmark", "a-b", "a b", "a\"", &"a".repeat(49)] {
            assert!(parse_keyspace(name).is_err(), "{name}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", Secret::parse("hush").unwrap()), "***");
        assert!(Secret::parse(&"k".repeat(SECRET_BYTES_MAX)).is_ok());
        for text in ["", "***", "two\nlines", &"k".repeat(SECRET_BYTES_MAX + 1)] {
            assert!(Secret::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn networks_are_addresses_or_prefixes() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), expected);
        }
        for text in ["", "localhost", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "*"] {
            assert!(parse_network(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn bits_that_applications_may_use_have_names() {
        assert_eq!(parse_mark_name("32=VIP"), Ok((32, "VIP".to_owned())));
        assert_eq!(parse_mark_name(" 63 = a = b "), Ok((63, "a = b".to_owned())));
        for text in ["", "VIP", "31=a", "64=a", "32=", "x=a", "32=a\u{7}"] {
            assert!(parse_mark_name(text).is_err(), "{text:?}");
        }
        assert!(parse_mark_name(&format!("32={}", "a".repeat(65))).is_err());
    }

    #[test]
    fn receivers_are_urls_without_secrets() {
        for (text, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318"),
            ("https://collector.example/", "https://collector.example"),
            ("http://[::1]:4318/otlp//", "http://[::1]:4318/otlp"),
        ] {
            assert_eq!(parse_receiver(text).unwrap(), expected);
        }
        let wrong = [
            "",
            "127.0.0.1:4318",
            "/v1/traces",
            "http://",
            "http:///v1",
            "ftp://collector.example",
            "grpc://collector.example:4317",
            "http://me:secret@collector.example",
            "http://collector.example?key=secret",
            "http://collector.example/#part",
            "http://collector example",
        ];
        for text in wrong {
            assert!(parse_receiver(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        assert_eq!(parse_origin("HTTPS://Console.example:8443").unwrap(), "https://console.example:8443");
        for text in ["", "*", "null", "console.example", "https://", "https://a/", "https://a b", "://a"] {
            assert!(parse_origin(text).is_err(), "{text:?}");
        }
    }
}
