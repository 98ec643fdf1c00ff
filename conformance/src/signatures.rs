//! UserSigs of other people's makers: the server takes the right ones and refuses the others by the right code.
//!
//! Every maker gets the same plan: 200 signatures for identifiers that are hard to write down, with every usual validity,
//! with and without a user buffer, and some that are wrong in one way each. A maker that knows no user buffer makes those
//! signatures without one. Where a maker can check a signature too, it checks ours.

use std::process::Command;
use std::time::Duration;

use serde::Serialize;
use tencent_im_rs::user_sig::hmac_sha256::TencentSig;

use crate::Failure;
use crate::call::{code, reply, url};
use crate::cases::Cases;
use crate::programs::{Programs, output};
use crate::server::{APP, KEY, OTHER_APP, World};

/// How many right signatures each maker makes.
const RIGHT: usize = 200;

/// Seconds of validity: ten minutes, an hour, a day, a week, half a year, a year, the longest advised, all that 31 bits hold.
const EXPIRES: [u32; 8] = [600, 3600, 86_400, 604_800, 15_552_000, 31_536_000, 1_576_800_000, 2_147_483_647];

/// Administrators of the application: whoever calls by a right signature of theirs is answered 0.
const IDENTIFIERS: [&str; 22] = [
    "administrator",
    "a",
    "0",
    "user_0001",
    "USER-two",
    "abcdefghijklmnopqrstuvwxyz012345",
    "with space",
    "a.b@c",
    "#@TGS#x",
    "100%",
    "a+b",
    "a&b=c",
    "a/b?c",
    "\"quoted\"",
    "back\\slash",
    "<b>&amp;</b>",
    "用户一号",
    "ünïcödé",
    "😀👍🏽",
    "ＦＵＬＬ",
    "a;b,c:d",
    "TLS.sdkappid:1",
];

/// A stranger, whose right signature is answered that he is no administrator.
const STRANGER: &str = "stranger";

/// The identifiers that the server's configuration names as administrators.
pub(crate) fn administrators() -> Vec<&'static str> {
    IDENTIFIERS.to_vec()
}

/// What a maker is asked for.
#[derive(Serialize)]
struct Plan {
    items: Vec<Item>,
    /// Signatures of ours, for makers that can check them.
    ours: Vec<Ours>,
    app: u32,
    key: &'static str,
}

#[derive(Serialize, Clone)]
struct Item {
    app: u32,
    key: &'static str,
    identifier: &'static str,
    expire: u32,
    /// `none`, `bytes`, `room` or `room name`: which user buffer.
    buffer: &'static str,
    /// How the server is called with it, which is no business of the maker's.
    #[serde(skip)]
    called: Called,
}

#[derive(Clone)]
struct Called {
    case: &'static str,
    app: u32,
    identifier: &'static str,
    /// How many characters of the signature are sent, at most.
    length: usize,
    code: i64,
}

#[derive(Serialize)]
struct Ours {
    identifier: &'static str,
    signature: String,
}

/// Lets every maker make the plan's signatures, and the server judge them.
pub(crate) async fn run(world: &World, programs: &Programs, cases: &mut Cases) -> Result<(), Failure> {
    let items = plan();
    let mut ours = Vec::new();
    for identifier in IDENTIFIERS {
        ours.push(Ours { identifier, signature: world.own_signature(identifier, &[])? });
    }
    let plan = Plan { items, ours, app: APP, key: KEY };
    let path = world.file("plan.json");
    std::fs::write(&path, serde_json::to_string(&plan).map_err(|error| error.to_string())?)
        .map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for (maker, mut command) in makers(programs) {
        all.push((maker, made(command.arg(&path))));
    }
    all.push(("Rust tencent_im_rs 1.0.4", made_in_rust(&plan.items)));
    // The expired ones were good for the second in which they were made.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (maker, printed) in all {
        match printed {
            Ok(printed) => judge(world, &plan, maker, &printed, cases).await,
            Err(error) => cases.add(maker, "makes signatures", Err(error)),
        }
    }
    Ok(())
}

/// The makers, each with the program that runs it.
fn makers(programs: &Programs) -> Vec<(&'static str, Command)> {
    let mut node = Command::new("node");
    node.arg("maker.js").current_dir(programs.folder("node"));
    let mut python = Command::new(programs.python());
    python.arg("maker.py").current_dir(programs.folder("python"));
    let go = Command::new(programs.folder("go").join("client"));
    let java = |maker: &str| {
        let mut java = Command::new("java");
        java.args(["-Dfile.encoding=UTF-8", "-cp", "lib/*", "Maker.java", maker]);
        java.current_dir(programs.folder("java"));
        java
    };
    vec![
        ("npm tls-sig-api-v2 1.0.2", node),
        ("PyPI tls-sig-api-v2 1.1", python),
        ("Go dobyte/tencent-im 0.1.1", go),
        ("Maven tls-sig-api-v2 2.0", java("vendor")),
        ("Maven im-server-sdk-java 0.3.43", java("doocs")),
    ]
}

/// What a maker printed.
struct Made {
    signatures: Vec<String>,
    /// For each of our signatures what it thinks of it, if it can tell.
    verdicts: Vec<String>,
}

fn made(command: &mut Command) -> Result<Made, Failure> {
    let printed = output(command)?;
    let lines = |start: &str| {
        printed.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect::<Vec<_>>()
    };
    Ok(Made { signatures: lines("made "), verdicts: lines("checked ") })
}

fn made_in_rust(items: &[Item]) -> Result<Made, Failure> {
    let mut signatures = Vec::new();
    for item in items {
        let maker = TencentSig::new(item.app, item.key.to_owned());
        let signature = maker.generate_user_sig(item.identifier.to_owned(), item.expire.into());
        signatures.push(signature.ok_or("no signature")?);
    }
    Ok(Made { signatures, verdicts: Vec::new() })
}

/// Calls the server with each signature of a maker, and notes one case for each kind.
async fn judge(world: &World, plan: &Plan, maker: &str, made: &Made, cases: &mut Cases) {
    if made.signatures.len() != plan.items.len() {
        let found = format!("{} signatures in place of {}", made.signatures.len(), plan.items.len());
        return cases.add(maker, "makes signatures", Err(found));
    }
    let mut outcomes: Vec<(&str, usize, Vec<Failure>)> = Vec::new();
    for (item, signature) in plan.items.iter().zip(&made.signatures) {
        let outcome = called(world, item, signature).await;
        let at = outcomes.iter().position(|(case, ..)| *case == item.called.case).unwrap_or_else(|| {
            outcomes.push((item.called.case, 0, Vec::new()));
            outcomes.len() - 1
        });
        outcomes[at].1 += 1;
        outcomes[at].2.extend(outcome.err());
    }
    for (case, number, failures) in outcomes {
        let outcome = match failures.first() {
            None => Ok(()),
            Some(first) => Err(format!("{} of {number}, the first: {first}", failures.len())),
        };
        cases.add(maker, &format!("{number} {case}"), outcome);
    }
    cases.add(maker, "is understood by `foldmark usersig --verify`", taken_apart(world, plan, made));
    if !made.verdicts.is_empty() {
        let bad: Vec<&String> = made.verdicts.iter().filter(|verdict| *verdict != "good").collect();
        let outcome = match (bad.is_empty(), made.verdicts.len() == plan.ours.len()) {
            (true, true) => Ok(()),
            _ => Err(format!("of {} checked {bad:?}", made.verdicts.len())),
        };
        cases.add(maker, &format!("accepts {} of ours", plan.ours.len()), outcome);
    }
}

async fn called(world: &World, item: &Item, signature: &str) -> Result<(), Failure> {
    let called = &item.called;
    let signature = signature.get(..called.length).unwrap_or(signature);
    let url = url(world, "im_open_login_svc/account_check", called.app, called.identifier, signature);
    let reply = reply(world.http.post(url).body(r#"{"CheckItem":[{"UserID":"somebody"}]}"#)).await?;
    match code(&reply) == Some(called.code) {
        true => Ok(()),
        false => Err(format!("{:?}, {} s, {}: {reply}", item.identifier, item.expire, item.buffer)),
    }
}

/// Has a signature of each identifier taken apart by the binary.
fn taken_apart(world: &World, plan: &Plan, made: &Made) -> Result<(), Failure> {
    for (item, signature) in plan.items.iter().zip(&made.signatures).take(IDENTIFIERS.len()) {
        let mut line = Command::new(world.binary());
        line.args(["usersig", "--sdkappid", &APP.to_string(), "--key", KEY, "--identifier", item.identifier]);
        output(line.args(["--verify", signature]))?;
    }
    Ok(())
}

fn plan() -> Vec<Item> {
    let mut items = Vec::new();
    for expire in EXPIRES {
        for identifier in IDENTIFIERS {
            items.push(right(identifier, expire, "none"));
        }
    }
    let buffers = ["bytes", "room", "room name"];
    while items.len() < RIGHT {
        let number = items.len();
        let (identifier, expire) = (IDENTIFIERS[number % IDENTIFIERS.len()], EXPIRES[number % EXPIRES.len()]);
        items.push(right(identifier, expire, buffers[number % buffers.len()]));
    }
    for identifier in IDENTIFIERS.iter().step_by(5) {
        items.extend(wrong(identifier));
    }
    items
}

fn right(identifier: &'static str, expire: u32, buffer: &'static str) -> Item {
    let called = Called { case: "right ones", app: APP, identifier, length: usize::MAX, code: 0 };
    Item { app: APP, key: KEY, identifier, expire, buffer, called }
}

/// A signature for each way in which one can be wrong.
fn wrong(identifier: &'static str) -> Vec<Item> {
    let good = right(identifier, 3600, "none");
    let with = |case: &'static str, code: i64, change: &dyn Fn(&mut Item)| {
        let mut item = good.clone();
        item.called.case = case;
        item.called.code = code;
        change(&mut item);
        item
    };
    let another = if identifier == "a" { "0" } else { "a" };
    vec![
        with("expired", 70001, &|item| item.expire = 0),
        with("made with another key", 70009, &|item| item.key = "another key"),
        with("for another identifier", 70013, &|item| item.called.identifier = another),
        with("for another application", 70014, &|item| item.called.app = OTHER_APP),
        with("for an application that is not there", 70020, &|item| item.called.app = 1),
        with("cut off", 70003, &|item| item.called.length = 60),
        with("empty", 70002, &|item| item.called.length = 0),
        with("of who is no administrator", 70403, &|item| {
            item.identifier = STRANGER;
            item.called.identifier = STRANGER;
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_has_as_many_right_ones_as_it_says_and_every_buffer() {
        let items = plan();
        assert_eq!(items.iter().filter(|item| item.called.code == 0).count(), RIGHT);
        for buffer in ["none", "bytes", "room", "room name"] {
            assert!(items.iter().any(|item| item.buffer == buffer), "{buffer}");
        }
        assert!(IDENTIFIERS.iter().all(|identifier| identifier.len() <= 32));
        let plan = Plan { items, ours: Vec::new(), app: APP, key: KEY };
        assert!(serde_json::to_value(&plan).unwrap()["items"][0].get("called").is_none());
    }
}
