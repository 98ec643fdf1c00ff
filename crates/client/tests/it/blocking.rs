//! The blocking client against the real server, which has a runtime of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use foldmark_client::blocking::Client;
use foldmark_client::{AccountImport, AppEvent, CallName, Code, Contact, MarkItem};
use foldmark_server::Server;
use tokio::runtime::Runtime;

use crate::support::{builder, real, url};

const USER: &str = "user_0000";

fn start() -> (Runtime, Server, Client) {
    let runtime = Runtime::new().unwrap();
    let (server, _) = runtime.block_on(real(&[]));
    let client = builder(&url(&server)).build_blocking().unwrap();
    (runtime, server, client)
}

#[test]
fn calls_and_pages() {
    let (runtime, server, client) = start();
    let ids: Vec<String> = (0..=150).map(|number| format!("user_{number:04}")).collect();
    let accounts: Vec<_> = ids.iter().map(|id| AccountImport::new(id.as_str())).collect();
    assert!(client.accounts_import(&accounts).unwrap().fail_accounts.is_empty());
    for batch in ids[1..].chunks(100) {
        let items: Vec<_> = batch.iter().map(|id| MarkItem::setting(Contact::user(id), 1)).collect();
        client.mark_contact(USER, &items).unwrap();
    }
    let records = client.records(USER).collect::<Result<Vec<_>, _>>().unwrap();
    let peers: Vec<_> = records.iter().map(|record| record.contact.peer()).collect();
    assert_eq!(peers, ids[1..]);
    assert_eq!(client.pages(USER).count(), 2);

    let mut unknown = client.records("nobody");
    assert_eq!(unknown.next().unwrap().unwrap_err().code(), Some(Code::NotImported));
    assert!(unknown.next().is_none());
    let raw = client.call_raw(CallName::AccountCheck, r#"{"CheckItem":[{"UserID":"user_0001"}]}"#).unwrap();
    assert!(raw.body.starts_with(br#"{"ResultItem":[{"UserID":"user_0001""#), "{raw:?}");
    assert!(runtime.block_on(server.stop()));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "threads are whom the client is for")]
fn many_threads_share_a_client() {
    let (runtime, server, client) = start();
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let client = client.clone();
            thread::spawn(move || client.account_import(&format!("user_{number:04}")).map(drop))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let ids: Vec<String> = (0..8).map(|number| format!("user_{number:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(client.account_check(&ids).unwrap().value.results.len(), 8);
    assert!(runtime.block_on(server.stop()));
}

#[test]
fn a_watch_is_an_iterator_that_can_give_up() {
    let (runtime, server, client) = start();
    client.account_import(USER).unwrap();
    let mut watch = client.watch(USER, None);
    assert!(watch.next().unwrap().unwrap().page.reset);
    assert_eq!(watch.next_within(Duration::from_millis(50)), Ok(None), "nothing has happened");
    client.create_contact_group(USER, "work", &[]).unwrap();
    let changes = watch.next_within(Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!(changes.page.groups[0].name, "work");
    let mut all = client.watch_application(None);
    assert!(matches!(all.next(), Some(Ok(AppEvent::Reset { .. }))));
    let mut refused = client.watch("nobody", None);
    assert_eq!(refused.next().unwrap().unwrap_err().code(), Some(Code::NotImported));
    assert!(refused.next().is_none());
    assert_eq!(refused.next_within(Duration::from_secs(20)), Ok(None));
    drop((watch, all));
    assert!(runtime.block_on(server.stop()));
}

/// A call that is added to the one client has to be added to the other.
#[test]
fn no_call_is_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let calls = functions(&folder, "    pub async fn ").into_iter().chain(functions(&folder, "    pub fn "));
    let calls: BTreeSet<_> = calls.collect();
    let blocking = functions(&folder.join("blocking"), "    pub fn ");
    assert!(blocking.contains("mark_contact") && blocking.contains("records"));
    assert_eq!(calls, blocking);
}

/// The names of the functions of `impl Client` blocks of a folder's files that begin with `start`.
fn functions(folder: &Path, start: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let blocks = text.split("\nimpl Client {\n").skip(1);
        let lines = blocks.flat_map(|block| block.split("\n}\n").next().unwrap_or_default().lines());
        let found =
            lines.filter_map(|line| line.strip_prefix(start)).map(|rest| rest.split(['(', '<']).next());
        names.extend(found.flatten().map(str::to_owned));
    }
    names
}
