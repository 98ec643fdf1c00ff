//! A network that can be cut: a SOCKS proxy that one browser goes through. It relays bytes and understands nothing of them.
//!
//! It starts the threads of the harness: one that accepts, and two for each connection, which end with it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The proxy. All of its connections are closed when it is dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    is_over: bool,
    /// Both ends of each connection that was made since the last cut.
    ends: Vec<TcpStream>,
}

impl Relay {
    /// Begins to relay.
    pub(crate) fn start() -> Result<Relay, String> {
        let told = |error: io::Error| format!("the relay: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        start(move || accept(&listener, &shared));
        Ok(Relay { address, state })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections, and lets no new ones through.
    pub(crate) fn cut(&self) {
        let mut state = lock(&self.state);
        state.is_cut = true;
        for end in state.ends.drain(..) {
            // One that is closed already is cut, too.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        lock(&self.state).is_cut = false;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        lock(&self.state).is_over = true;
        self.cut();
        // Wakes the one who accepts, who then ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for client in listener.incoming() {
        let (is_cut, is_over) = {
            let state = lock(state);
            (state.is_cut, state.is_over)
        };
        if is_over {
            return;
        }
        if let (Ok(client), false) = (client, is_cut) {
            let state = state.clone();
            // A connection that fails is closed, which is all that the browser needs to know.
            start(move || drop(relay(client, &state)));
        }
    }
}

/// Connects a browser with whom it asks for, until one of both closes.
fn relay(mut client: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let server = TcpStream::connect(asked_for(&mut client)?)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    {
        let mut state = lock(state);
        if state.is_cut {
            return Ok(());
        }
        state.ends.push(client.try_clone()?);
        state.ends.push(server.try_clone()?);
    }
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    start(move || copy(from, to));
    copy(client, server);
    Ok(())
}

/// Whom the browser wants to be connected with, in version 5 of SOCKS without a password: it names the host by its text.
fn asked_for(client: &mut TcpStream) -> io::Result<(String, u16)> {
    let [_, methods] = take(client)?;
    client.read_exact(&mut vec![0; usize::from(methods)])?;
    client.write_all(&[5, 0])?;
    let [5, 1, 0, 3, length] = take(client)? else {
        return Err(io::Error::other("browsers do not ask so"));
    };
    let mut host = vec![0; usize::from(length)];
    client.read_exact(&mut host)?;
    let host = String::from_utf8(host).map_err(io::Error::other)?;
    Ok((host, u16::from_be_bytes(take(client)?)))
}

fn take<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // However it ends, both are to know.
    let _ = io::copy(&mut from, &mut to);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "this file is where threads are started")]
fn start(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}
