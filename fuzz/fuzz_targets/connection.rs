//! A whole connection to a real server: any bytes, in any number of requests, HTTP/1.1 or HTTP/2.
//!
//! A panic of any of the server's tasks ends the fuzzer, because its panic hook aborts the process. Besides, the server
//! must end the connection soon after the client has said that it has nothing more to say, and it must go on serving.
//! The clock stands still, so that the UserSigs of the corpus stay valid.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use foldmark_server::Server;
use foldmark_server::clock::Clock;
use foldmark_server::config;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

const NOW: u64 = 1_775_217_000;
const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
/// No request of the fuzzer's takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(60);
/// A new server after so many connections, so that what is stored stays small.
const CONNECTIONS_PER_SERVER: u32 = 10_000;

struct Fixture {
    runtime: Runtime,
    server: Server,
    connections: u32,
}

static FIXTURE: Mutex<Option<Fixture>> = Mutex::new(None);

fuzz_target!(|data: &[u8]| {
    let mut place = FIXTURE.lock().unwrap_or_else(PoisonError::into_inner);
    if place.as_ref().is_some_and(|fixture| fixture.connections == CONNECTIONS_PER_SERVER) {
        let Fixture { runtime, server, .. } = place.take().expect("it was there just now");
        runtime.block_on(server.stop());
    }
    let fixture = place.get_or_insert_with(start);
    fixture.connections += 1;
    let address = fixture.server.addresses().plain[0];
    fixture.runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await.expect("the server accepts connections");
        // The server may have closed the connection before it has read everything.
        let _ = stream.write_all(data).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the server neither answers nor closes");
    });
});

fn start() -> Fixture {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nfailed_signatures_per_minute = 0\nbody_read_seconds = 1\n\
         [admin]\nlisten = \"off\"\n[store]\nkind = \"memory\"\n\
         [[apps]]\nsdkappid = 1400000000\nkey = \"{KEY}\"\naccounts = \"open\"\nchat_groups = \"open\"\n\
         [apps.limits]\ncalls_per_second = 0\n"
    );
    let file = std::env::temp_dir().join(format!("foldmark-fuzz-server-{}.toml", process::id()));
    fs::write(&file, text).expect("the file can be written");
    let settings = config::load(Some(&file), &BTreeMap::new(), &[]).expect("the settings are right");
    let _ = fs::remove_file(&file);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let server = runtime.block_on(Server::start(&settings, Clock::manual(NOW)));
    Fixture { runtime, server: server.expect("the server starts"), connections: 0 }
}
