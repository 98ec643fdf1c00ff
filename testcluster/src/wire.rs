//! Just enough of Cassandra's client protocol to find out whether a node serves clients.

use std::io::{Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::time::Duration;

/// An OPTIONS request of protocol version 4: version, flags, stream (2 bytes), opcode, length of the body (4 bytes).
const OPTIONS: [u8; 9] = [4, 0, 0, 0, 5, 0, 0, 0, 0];
/// The version byte of an answer, and the opcode of the answer SUPPORTED.
const ANSWER: u8 = 0x84;
const SUPPORTED: u8 = 6;

/// Whether a node answers at this address.
pub(crate) fn answers(address: SocketAddrV4) -> bool {
    ask(address).is_some_and(|header| header[0] == ANSWER && header[4] == SUPPORTED)
}

fn ask(address: SocketAddrV4) -> Option<[u8; 9]> {
    let patience = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address.into(), patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(&OPTIONS).ok()?;
    let mut header = [0; 9];
    stream.read_exact(&mut header).ok()?;
    Some(header)
}
