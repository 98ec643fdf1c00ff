//! What this crate's own tests have in common: the inside of a server with a store in memory, without listeners.

use std::sync::Arc;

use foldmark_wire::transfer::Outcome;

use crate::clock::Clock;
use crate::config;
use crate::execute::Executor;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::stores::open_store;
use crate::transfer::{Puts, import};
use crate::watch::Hub;

/// The only application.
pub(crate) const APP: u32 = 1_400_000_000;

/// What answers calls, and its clock, which stands still.
pub(crate) fn gate() -> (Arc<Gate>, Clock) {
    let text = format!("[store]\nkind = \"memory\"\n[[apps]]\nsdkappid = {APP}\nkey = \"a key\"\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let settings = config::load(Some(file.path()), &Default::default(), &[]).unwrap();
    let clock = Clock::manual(1_775_217_000);
    let store = futures_util::FutureExt::now_or_never(open_store(&settings.store));
    let store = store.expect("memory does not wait").unwrap();
    let executor = Executor::new(store, clock.clone(), Arc::new(Metrics::new("memory")), None);
    let executor = executor.watched(Arc::new(Hub::new(&settings.watch, false)));
    (Arc::new(Gate::new(&settings, executor, &clock, None, None)), clock)
}

/// Puts a user with one group, in which these many marked conversations are.
pub(crate) async fn put(gate: &Gate, id: &str, imported: bool, conversations: usize) {
    put_line(gate, &user(id, imported, conversations), false).await;
}

/// Puts another one in place of an imported user.
pub(crate) async fn put_again(gate: &Gate, id: &str, conversations: usize) {
    put_line(gate, &user(id, true, conversations), true).await;
}

fn user(id: &str, imported: bool, conversations: usize) -> String {
    let parts: Vec<String> = (0..conversations)
        .map(|number| {
            format!(
                r#"{{"Contact":{{"Type":1,"To_Account":"peer-{number}"}},"Number":{number},"Timestamp":1,"StandardMark":"1","CustomMark":"","ContactGroupId":[1]}}"#
            )
        })
        .collect();
    let nick = if imported { format!("nick of {id}") } else { String::new() };
    format!(
        r#"{{"User":{{"SdkAppid":{APP},"UserID":"{id}","Imported":{imported},"Nick":"{nick}","FaceUrl":"","NextGroupId":2,"NextNumber":{conversations},"Groups":[{{"GroupId":1,"GroupName":"g"}}],"Conversations":[{}]}}}}"#,
        parts.join(",")
    )
}

/// Puts a chat group.
pub(crate) async fn put_chat_group(gate: &Gate, id: &str, alive: bool) {
    let line = format!(
        r#"{{"ChatGroup":{{"SdkAppid":{APP},"GroupId":"{id}","Alive":{alive},"Type":"Public","Name":"name of {id}","Owner_Account":"","CreateTime":1775217000}}}}"#
    );
    put_line(gate, &line, false).await;
}

async fn put_line(gate: &Gate, line: &str, replace: bool) {
    let puts = Puts { gate, replace, caller: None, request_id: None };
    let reply = import(puts, line).await;
    assert_eq!(reply.results[0].outcome, Outcome::Put, "{:?}", reply.results);
}
