//! Random lines of the fixture's language. Few names, so that they meet again and again.

use proptest::prelude::*;
use proptest::sample::select;

const USERS: [&str; 5] = ["ann", "ann", "ann", "bob", "carl"];
const CHAT_GROUPS: [&str; 3] = ["@x", "@y", "@z"];
const PEERS: [&str; 6] = ["ann", "bob", "carl", "@x", "@y", "@z"];
/// Four bytes are allowed: the last but one has four and the last has five.
const NAMES: [&str; 6] = ["a", "b", "c", "\"\"", "abé", "abcé"];

/// A command of anyone, or a change of the settings.
pub(crate) fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => user_line(create()),
        12 => user_line(change()),
        12 => user_line(mark()),
        4 => user_line(name().prop_map(|name| format!("delete {name}"))),
        4 => user_line((name(), name()).prop_map(|(old, new)| format!("rename {old} to {new}"))),
        4 => user_line((0..30_u32).prop_map(|start| format!("page {start}"))),
        4 => user_line(peers(0..5).prop_map(|peers| format!("search {peers}"))),
        4 => user_line(import()),
        2 => user_line(Just("delete-account".to_owned())),
        4 => (select(&CHAT_GROUPS[..]), found()).prop_map(|(id, rest)| format!("{id}> {rest}")),
        4 => select(&CHAT_GROUPS[..]).prop_map(|id| format!("{id}> disband")),
        // A month is 2,592,000 seconds; the clock goes backwards, too.
        3 => (0..4_000_000_u32).prop_map(|now| format!("clock {now}")),
        2 => (0..5_u32, 0..5_u32, 0..5_u32)
            .prop_map(|(a, b, c)| format!("limits groups {a}, grouped {b}, marked {c}")),
        2 => (select(&["open", "registered", "registered"][..]), select(&["accounts", "chat-groups"][..]))
            .prop_map(|(how, what)| format!("{how} {what}")),
    ]
}

/// A command that makes removals or removed groups of the seeded user, or moves the clock.
pub(crate) fn feed_line() -> impl Strategy<Value = String> {
    let some = |verb: &'static str| {
        prop::collection::vec(0..40_u32, 1..8).prop_map(move |numbers| {
            let items: Vec<String> = numbers.iter().map(|n| format!("u{n} {verb} {n}")).collect();
            format!("mark {}", items.join(", "))
        })
    };
    let members = prop::collection::vec(0..40_u32, 1..8).prop_map(|numbers| {
        let items: Vec<String> = numbers.iter().map(|n| format!("remove u{n}")).collect();
        format!("change a: {}", items.join(", "))
    });
    prop_oneof![
        6 => some("clear"),
        3 => some("set"),
        6 => members,
        5 => select(&NAMES[..2]).prop_map(|name| format!("create {name}: u1 u2")),
        5 => select(&NAMES[..2]).prop_map(|name| format!("delete {name}")),
        1 => (0..4_000_000_u32).prop_map(|now| format!("clock {now}")),
    ]
}

/// Commands of Ann that can be carried out together.
pub(crate) fn apply_lines() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        4 => create(),
        4 => change(),
        4 => mark(),
        2 => name().prop_map(|name| format!("delete {name}")),
        2 => (name(), name()).prop_map(|(old, new)| format!("rename {old} to {new}")),
        2 => arrange(),
    ];
    prop::collection::vec(one, 1..5)
}

/// Puts groups in order, or describes one.
pub(crate) fn arrange() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(name(), 0..3).prop_map(|names| format!("order {}", names.join(" "))),
        (name(), select(&["red", "\"\"", "blue"][..])).prop_map(|(name, ex)| format!("ex {name} {ex}")),
    ]
}

/// A user with many records, some of disbanded chat groups, and the commands between one page and the next.
pub(crate) fn page_script() -> impl Strategy<Value = (String, Vec<String>)> {
    let records = prop::collection::vec((0..8_u32, 1..4_u32), 0..420).prop_map(|drawn| {
        let mut text = String::new();
        let mut number = 0;
        for (kind, gap) in drawn {
            let name = if kind < 6 { "u" } else { "@c" };
            text += &format!("#{number} {name}{number}: bits 1\n");
            if kind == 7 {
                text += &format!("disbanded @c{number}\n");
            }
            number += gap;
        }
        text
    });
    let step = prop_oneof![
        4 => (0..500_u32).prop_map(|n| format!("mark u{n} clear 1, @c{n} clear 1, u{} clear 1", n + 1)),
        2 => (0..500_u32).prop_map(|n| format!("mark new{n} set 1, @c{n} set 1")),
    ];
    (records, prop::collection::vec(step, 0..6))
}

fn user_line(rest: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (select(&USERS[..]), rest).prop_map(|(user, rest)| format!("{user}> {rest}"))
}

fn create() -> impl Strategy<Value = String> {
    (name(), peers(0..5)).prop_map(|(name, peers)| format!("create {name}: {peers}"))
}

fn change() -> impl Strategy<Value = String> {
    let step = (select(&["add", "add", "remove"][..]), select(&PEERS[..]));
    let steps = prop::collection::vec(step, 0..5);
    (name(), steps).prop_map(|(name, steps)| {
        let steps: Vec<String> = steps.iter().map(|(verb, peer)| format!("{verb} {peer}")).collect();
        format!("change {name}: {}", steps.join(", "))
    })
}

fn mark() -> impl Strategy<Value = String> {
    let custom = select(&["", "", "", "custom x", "custom y", "custom \"\""][..]);
    let item = (select(&PEERS[..]), bits(), bits(), custom);
    prop::collection::vec(item, 0..5).prop_map(|items| {
        let items: Vec<String> = items
            .iter()
            .map(|(peer, set, clear, custom)| format!("{peer} set {set} clear {clear} {custom}"))
            .collect();
        format!("mark {}", items.join(", "))
    })
}

/// Few bits, and often none.
fn bits() -> impl Strategy<Value = String> {
    let bits = select(&["0", "1", "63"][..]);
    prop::collection::vec(bits, 0..3).prop_map(|bits| bits.join(" "))
}

fn import() -> impl Strategy<Value = String> {
    (select(&["", "nick A", "nick B", "nick \"\""][..]), select(&["", "face F"][..]))
        .prop_map(|(nick, face)| format!("import {nick} {face}"))
}

fn found() -> impl Strategy<Value = String> {
    select(&["", "owner ann", "owner bob"][..]).prop_map(|owner| format!("found Public Team {owner}"))
}

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

fn peers(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PEERS[..]), count).prop_map(|peers| peers.join(" "))
}
