//! The addresses of servers, as a client on the same machine writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use foldmark_server::Addresses;
use foldmark_server::config::{Address, Settings};

use crate::failure::Failure;
use crate::settings::ConfigArgs;

/// Where nothing else is configured.
const DEFAULT: &str = "http://127.0.0.1:8080";

/// Every address of a running server.
pub(crate) fn of_server(addresses: &Addresses) -> Vec<String> {
    let plain = addresses.plain.iter().map(|address| of_socket("http", *address));
    let tls = addresses.tls.iter().map(|address| of_socket("https", *address));
    plain.chain(tls).collect()
}

/// That of the admin listener of a running server with these settings.
pub(crate) fn of_admin(settings: &Settings, address: SocketAddr) -> String {
    of_socket(admin_scheme(settings), address)
}

/// That of the admin listener of a command's own server.
pub(crate) fn of_own(address: SocketAddr) -> String {
    of_socket("http", address)
}

/// That of the admin listener that the settings name, if its port is known.
pub(crate) fn of_admin_settings(settings: &Settings) -> Option<String> {
    of_address(admin_scheme(settings), settings.admin.listen.as_ref()?)
}

/// That of the console of a running server, if it is served.
pub(crate) fn of_console(settings: &Settings, addresses: &Addresses) -> Option<String> {
    let admin = addresses.admin.filter(|_| addresses.console)?;
    Some(format!("{}/console/", of_admin(settings, admin)))
}

fn admin_scheme(settings: &Settings) -> &'static str {
    if settings.admin.tls { "https" } else { "http" }
}

/// The address that was given, or else that of the configured server.
pub(crate) fn of_argument(url: Option<&str>, config: &ConfigArgs) -> Result<String, Failure> {
    match url {
        Some(url) => Ok(url.to_owned()),
        None => Ok(of_settings(&config.load()?).unwrap_or_else(|| DEFAULT.to_owned())),
    }
}

/// The first address that the settings name, if its port is known.
fn of_settings(settings: &Settings) -> Option<String> {
    let server = &settings.server;
    let (scheme, address) = match (server.plain_listen().first(), server.tls_listen().first()) {
        (Some(plain), _) => ("http", plain),
        (None, Some(tls)) => ("https", tls),
        (None, None) => return None,
    };
    of_address(scheme, address)
}

/// That of a configured listener, if its port is known.
fn of_address(scheme: &str, address: &Address) -> Option<String> {
    if address.is_any_port() {
        return None;
    }
    match address.as_str().parse() {
        Ok(socket) => Some(of_socket(scheme, socket)),
        Err(_) => Some(format!("{scheme}://{address}")),
    }
}

/// A server that listens everywhere is reached at this machine's own address.
fn of_socket(scheme: &str, address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_called() {
        let url = |text: &str| of_socket("http", text.parse().unwrap());
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("10.0.0.1:8080"), "http://10.0.0.1:8080");
    }

    #[test]
    fn the_admin_listener_is_called_as_it_speaks() {
        let settings = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            foldmark_server::config::load(None, &Default::default(), &pairs).unwrap()
        };
        let url = |pairs: &[(&str, &str)]| of_admin_settings(&settings(pairs));
        assert_eq!(url(&[]).unwrap(), "http://127.0.0.1:9090");
        assert_eq!(url(&[("admin.listen", "0.0.0.0:1")]).unwrap(), "http://127.0.0.1:1");
        assert_eq!(url(&[("admin.listen", "127.0.0.1:0")]), None);
        assert_eq!(url(&[("admin.listen", "off")]), None);
        let tls = [
            ("server.tls.certificate", "c"),
            ("server.tls.key", "k"),
            ("admin.tls", "true"),
            ("admin.listen", "localhost:1"),
        ];
        assert_eq!(url(&tls).unwrap(), "https://localhost:1");
        let addresses = Addresses { admin: "[::]:2".parse().ok(), console: true, ..Addresses::default() };
        assert_eq!(of_console(&settings(&tls), &addresses).unwrap(), "https://[::1]:2/console/");
        assert_eq!(of_console(&settings(&[]), &Addresses { console: false, ..addresses }), None);
    }
}
