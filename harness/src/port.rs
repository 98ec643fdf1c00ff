//! Free ports for servers that tests start with a port in their configuration.
//!
//! A port that the system gave and that was given back is soon given to somebody else: to a test beside this one, or to
//! the near end of any connection. These lie where the system gives none unasked, and no two callers in one process get
//! the same.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that a system gives to who asks for any, which begin at 32768 on Linux, and above those of
/// well-known servers.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;
/// How far apart two processes with neighbouring numbers begin.
const STRIDE: u32 = 97;

/// A port of 127.0.0.1 at which nobody listens, and which only this caller is given.
pub fn free_port() -> Result<u16, String> {
    free_address().map(|address| address.port())
}

/// Such a port with its address.
pub fn free_address() -> Result<SocketAddr, String> {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let next = NEXT.get_or_init(|| AtomicU32::new(std::process::id().wrapping_mul(STRIDE)));
    for _ in 0..COUNT {
        let place = next.fetch_add(1, Ordering::Relaxed) % u32::from(COUNT);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST + place as u16));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(format!("none of the ports {FIRST} to {} is free", FIRST + COUNT - 1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_caller_gets_another_port_outside_the_range_of_the_system() {
        let given: BTreeSet<u16> = (0..100).map(|_| free_port().unwrap()).collect();
        assert_eq!(given.len(), 100);
        assert!(given.iter().all(|port| (20_000..32_000).contains(port)), "{given:?}");
    }

    #[test]
    fn a_port_that_is_taken_is_not_given() {
        let first = free_address().unwrap();
        // The next ones in the row, where nobody else has them.
        let taken: Vec<_> = (1..5)
            .filter_map(|more| TcpListener::bind((first.ip(), first.port() + more)).ok())
            .map(|listener| (listener.local_addr().unwrap(), listener))
            .collect();
        let second = free_address().unwrap();
        assert!(taken.iter().all(|(address, _)| *address != second), "{second}");
        TcpListener::bind(second).unwrap();
    }
}
