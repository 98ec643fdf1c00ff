//! Which address a call comes from, and whether calls from there are taken.
//!
//! Behind a proxy every connection comes from the proxy, which says in `X-Forwarded-For` for whom. That word is taken
//! from trusted addresses only, and of the list only as far as each address in it, read from the end, is trusted too:
//! whatever a client wrote himself stands before that.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

use crate::config::ServerSettings;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The rules about clients' addresses.
#[derive(Debug)]
pub(crate) struct ClientRules {
    allowed: Vec<IpNet>,
    trusted: Vec<IpNet>,
}

impl ClientRules {
    pub(crate) fn new(settings: &ServerSettings) -> ClientRules {
        ClientRules { allowed: settings.allowed_clients.clone(), trusted: settings.trusted_proxies.clone() }
    }

    /// The address of the client whose request came over a connection from `peer`.
    pub(crate) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.trusted.is_empty() || !holds(&self.trusted, peer) {
            return peer;
        }
        let mut client = peer;
        // Several headers are one list.
        for header in headers.get_all(FORWARDED_FOR).iter().rev() {
            for entry in header.as_bytes().rsplit(|byte| *byte == b',') {
                let Some(address) = parse(entry) else {
                    // What stands before an entry that nobody understands was not vouched for.
                    return client;
                };
                client = address;
                if !holds(&self.trusted, client) {
                    return client;
                }
            }
        }
        client
    }

    /// Whether calls from this address are taken at all.
    pub(crate) fn admits(&self, client: IpAddr) -> bool {
        is_allowed(&self.allowed, client)
    }
}

/// Whether a list admits an address. An empty one admits all.
pub(crate) fn is_allowed(networks: &[IpNet], client: IpAddr) -> bool {
    networks.is_empty() || holds(networks, client)
}

fn holds(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim();
    let address = match text.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => match text.parse::<std::net::SocketAddr>() {
            Ok(address) => address.ip(),
            Err(_) => text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?,
        },
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn address(trusted: &[&str], peer: &str, headers: &[&str]) -> String {
        let rules = ClientRules { allowed: Vec::new(), trusted: networks(trusted) };
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(FORWARDED_FOR, header.parse().unwrap());
        }
        rules.address(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_he_is_trusted() {
        assert_eq!(address(&[], "192.0.2.1", &["10.1.1.1"]), "192.0.2.1");
        assert_eq!(address(&["10.0.0.0/8"], "192.0.2.1", &["10.1.1.1"]), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_is_not_trusted_is_the_clients() {
        let trusted = &["10.0.0.0/8", "::1/128"];
        for (headers, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7, 10.2.2.2"], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7", "10.2.2.2"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&[], "10.1.1.1"),
            (&["10.3.3.3"], "10.3.3.3"),
            (&["198.51.100.7, unknown"], "10.1.1.1"),
            (&["198.51.100.7, unknown, 10.4.4.4"], "10.4.4.4"),
            (&[""], "10.1.1.1"),
        ] {
            assert_eq!(address(trusted, "10.1.1.1", headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn an_empty_list_admits_all() {
        let client = "192.0.2.7".parse().unwrap();
        assert!(is_allowed(&[], client));
        assert!(is_allowed(&networks(&["192.0.2.0/24"]), client));
        assert!(!is_allowed(&networks(&["198.51.100.0/24", "2001:db8::/32"]), client));
    }
}
