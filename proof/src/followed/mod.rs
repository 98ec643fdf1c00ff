//! Followers: whoever follows a user has a copy that is right, is told every change once, and none is missed, while the
//! server is killed again and again.
//!
//! Each user has one writer and two followers: one asks by `get_changes` in a loop, one watches by the Rust client, which
//! comes back by itself. The server is killed at random moments and started again at the same place, with the same
//! folder. As each user has a single writer, his writer knows what the user was at every revision, also when the call
//! that was under way at a kill was carried out without an answer. With this each page that a follower was told is
//! compared at the end, see [`mod@judge`]:
//!
//! * its revision is one that was made, and not below that of the page before, also over kills;
//! * each thing on it is told as it was at this revision;
//! * with `More` false, the copy is exactly the user at this revision;
//! * nothing is told twice: what was told at a revision is told again only if it has changed behind that revision, or
//!   behind a `Reset`;
//! * `Reset` comes with the first page, when the user was there anew (a deleted account, an operator's import of the user
//!   as he once was), and when more was removed than is remembered; never for a restart.
//!
//! *Told* is a page that has come to its follower whole. What the server had sent of an answer or an event when it was
//! killed is sent again, because the follower goes on behind the last whole one: the copy and the place in it change
//! together.
//!
//! Whenever all writing ends, every follower comes to the last revision. In the end every copy is what `list_groups` and
//! `list_conversations` say, and what `get_changes` tells from nothing, to the last field, and what everything
//! acknowledged makes of the user.

mod agree;
mod call;
mod follower;
mod judge;
mod state;
mod writer;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldmark_client::{AccountImport, Client};
use foldmark_harness::{Watch, free_address, quick_folder, say, wait_until};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::http::{KEY, SDKAPPID};
use crate::random::Random;
use crate::server::{Launch, Server};
use agree::agrees;
use follower::{Followed, Follower, Signs};
use judge::{Judged, judge};
use writer::{Place, Writer};

/// An application whose users have to be imported. In the other one they exist by being named.
const REGISTERED: u32 = SDKAPPID + 1;
/// Conversations of users who have few of them, and of those who have more than three pages of a watch.
const FEW: u64 = 40;
const MANY: u64 = 800;
/// How long followers may take to know everything when nothing is written.
const CATCH_UP: Duration = Duration::from_secs(90);
/// How long is written before each halt.
const BETWEEN_HALTS: Duration = Duration::from_millis(100);

/// How to kill.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often.
    #[arg(long, default_value_t = 12)]
    rounds: u64,
    /// The longest time from start to kill.
    #[arg(long, default_value_t = 1.4)]
    seconds_per_round: f64,
    /// How often, after the last kill, nothing is written until all followers know everything.
    #[arg(long, default_value_t = 6)]
    halts: u64,
    /// Users, each with a writer and two followers.
    #[arg(long, default_value_t = 8)]
    users: u64,
    /// The seed of everything that is left to chance but the scheduling of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Who is followed.
#[derive(Clone, Debug)]
struct User {
    id: String,
    sdkappid: u32,
    /// How many conversations he may have.
    peers: u64,
}

/// Somebody who follows this user, and what he lets others know.
struct Following {
    user: usize,
    way: &'static str,
    signs: Arc<Signs>,
    task: JoinHandle<Result<Followed, String>>,
}

/// Runs the rounds.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = quick_folder().map_err(|error| error.to_string())?;
    let mut launch = Launch::new(binary, home.path());
    launch.addresses = Some((free_address()?, free_address()?));
    launch.apps = format!(
        "[[apps]]\nsdkappid = {REGISTERED}\nkey = \"{KEY}\"\nchat_groups = \"open\"\n\
         [apps.limits]\ncalls_per_second = 0\n"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let users: Vec<User> = (0..options.users).map(User::new).collect();
    let mut writers: Vec<Writer> = users
        .iter()
        .zip(0..)
        .map(|(user, number)| Writer::new(user.clone(), Random::of(options.seed, &[number])))
        .collect();

    let server = launch.start()?;
    let place = place(&server, &launch)?;
    runtime.block_on(register(&place, &users))?;
    let mut followers = Vec::new();
    for number in 0..users.len() {
        followers.extend(follow(&runtime, &place, &users, number, options.seed)?);
    }
    let mut random = Random::of(options.seed, &[options.users]);
    let mut running = Some(server);
    for number in 1..=options.rounds {
        let server = match running.take() {
            Some(server) => server,
            None => launch.start().map_err(|error| format!("round {number}: {error}"))?,
        };
        let most = (options.seconds_per_round * 1_000.0) as u64;
        let time = Duration::from_millis(random.between(1, most.max(1)));
        write(&mut writers, &place, &AtomicBool::new(false), || {
            std::thread::sleep(time);
            server.kill()
        })
        .map_err(|error| format!("round {number}: {error}"))?;
        // For a while nobody is there.
        std::thread::sleep(Duration::from_millis(if random.once_in(4) { 600 } else { random.below(60) }));
        say(&format!(
            "followed: round {number} after {} ms: {} calls acknowledged so far",
            time.as_millis(),
            acknowledged(&writers)
        ));
        end_early(&runtime, &mut followers, &users)?;
    }
    // Again and again all writing ends at once: nobody is woken by a later change if he was not by the last one.
    let mut server = launch.start()?;
    let mut halts = 0;
    while halts < options.halts {
        let enough = AtomicBool::new(false);
        write(&mut writers, &place, &enough, || {
            std::thread::sleep(BETWEEN_HALTS);
            enough.store(true, Ordering::Relaxed);
            Ok(())
        })?;
        if writers.iter().all(Writer::is_settled) {
            catch_up(&runtime, &mut followers, &users, &writers)?;
            halts += 1;
        } else {
            // Somebody was left without an answer, and will not get one of this server any more.
            server.kill()?;
            server = launch.start()?;
        }
    }
    let judged = compare(&runtime, &place, followers, &users, &writers)?;
    server.kill()?;
    tell(options, &writers, &judged, &watch);
    match acknowledged(&writers) {
        0 => Err("no call was ever acknowledged".to_owned()),
        _ => Ok(()),
    }
}

impl User {
    /// One of each kind in turn: with few conversations and with many, of either application.
    fn new(number: u64) -> User {
        let (sdkappid, peers) = match number % 4 {
            0 => (SDKAPPID, FEW),
            1 => (REGISTERED, FEW),
            2 => (SDKAPPID, MANY),
            _ => (REGISTERED, MANY),
        };
        User { id: format!("u{number}"), sdkappid, peers }
    }

    fn is_registered(&self) -> bool {
        self.sdkappid == REGISTERED
    }

    /// Calls are tried once, so that what follows here is all that comes back.
    fn client(&self, place: &Place) -> Result<Client, String> {
        let client = Client::builder(format!("http://{}", place.address), self.sdkappid).key(KEY).retries(0);
        client.build().map_err(|error| error.to_string())
    }
}

fn place(server: &Server, launch: &Launch) -> Result<Place, String> {
    let token = fs::read_to_string(launch.data.join("admin.token")).map_err(|error| error.to_string())?;
    Ok(Place { address: server.address, admin: server.admin, token: token.trim().to_owned() })
}

/// Imports the users, and with whom they have conversations, where that is asked for.
async fn register(place: &Place, users: &[User]) -> Result<(), String> {
    let Some(user) = users.iter().find(|user| user.is_registered()) else { return Ok(()) };
    let client = user.client(place)?;
    let own = users.iter().filter(|user| user.is_registered()).map(|user| user.id.clone());
    let accounts: Vec<_> = own.chain((0..MANY).map(call::peer)).map(AccountImport::new).collect();
    let reply = client.accounts_import(&accounts).await.map_err(|error| error.to_string())?;
    match reply.fail_accounts.is_empty() {
        true => Ok(()),
        false => Err(format!("not imported: {:?}", reply.fail_accounts)),
    }
}

/// Begins to follow a user in both ways.
fn follow(
    runtime: &Runtime,
    place: &Place,
    users: &[User],
    number: usize,
    seed: u64,
) -> Result<[Following; 2], String> {
    let user = &users[number];
    let follower = |way: u64| {
        let signs = Arc::<Signs>::default();
        let random = Random::of(seed, &[number as u64, way]);
        (Follower::new(&user.id, random, Arc::clone(&signs)), signs)
    };
    let (asking, asks) = follower(1);
    let (watching, watches) = follower(2);
    Ok([
        Following {
            user: number,
            way: "get_changes",
            signs: asks,
            task: runtime.spawn(asking.ask(user.client(place)?)),
        },
        Following {
            user: number,
            way: "watch",
            signs: watches,
            task: runtime.spawn(watching.watch(user.client(place)?)),
        },
    ])
}

/// Lets all write until `end` has ended it.
fn write(
    writers: &mut [Writer],
    place: &Place,
    enough: &AtomicBool,
    end: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            writers.iter_mut().map(|writer| scope.spawn(move || writer.write(place, enough))).collect();
        let ended = end();
        for thread in threads {
            thread.join().map_err(|_| "a writer panicked")??;
        }
        ended
    })
}

/// Nobody ends before he is told to: then there is a reason.
fn end_early(runtime: &Runtime, followers: &mut [Following], users: &[User]) -> Result<(), String> {
    match followers.iter_mut().find(|following| following.task.is_finished()) {
        None => Ok(()),
        Some(following) => {
            let name = following.name(users);
            let ended = runtime.block_on(&mut following.task).map_err(|error| error.to_string())?;
            Err(ended.err().map_or_else(|| format!("{name} ended"), |error| format!("{name}: {error}")))
        }
    }
}

/// Waits until everyone knows the last revision of his user, and nothing is left to be told.
fn catch_up(
    runtime: &Runtime,
    followers: &mut [Following],
    users: &[User],
    writers: &[Writer],
) -> Result<(), String> {
    let mut behind = None;
    let mut early = Ok(());
    wait_until(CATCH_UP, || {
        early = end_early(runtime, followers, users);
        let knows =
            |following: &&Following| following.reached() == writers[following.user].history.revision();
        behind = followers.iter().find(|following| !knows(following)).map(|following| {
            let last = writers[following.user].history.revision();
            format!("{} was told up to {}, not {last}", following.name(users), following.reached())
        });
        early.is_err() || behind.is_none()
    });
    early?;
    behind.map_or(Ok(()), Err)
}

/// Ends all following, and compares what was told with what happened, and the copies with what the server has.
fn compare(
    runtime: &Runtime,
    place: &Place,
    followers: Vec<Following>,
    users: &[User],
    writers: &[Writer],
) -> Result<Vec<(&'static str, Judged, Followed)>, String> {
    for following in &followers {
        following.signs.enough.store(true, Ordering::Relaxed);
    }
    let mut all = Vec::new();
    for following in followers {
        let (user, writer) = (&users[following.user], &writers[following.user]);
        let name = following.name(users);
        let wrong = |error: String| format!("{name}: {error}");
        let followed = runtime.block_on(following.task).map_err(|error| error.to_string())?.map_err(wrong)?;
        let judged = judge(&followed.told, &writer.history).map_err(wrong)?;
        if followed.copy.shown() != writer.state().shown {
            return Err(wrong("what was acknowledged is not in the copy".to_owned()));
        }
        let client = user.client(place)?;
        runtime.block_on(agrees(&client, &user.id, &followed.copy)).map_err(wrong)?;
        all.push((following.way, judged, followed));
    }
    Ok(all)
}

impl Following {
    fn name(&self, users: &[User]) -> String {
        format!("the follower of {} by {}", users[self.user].id, self.way)
    }

    fn reached(&self) -> u64 {
        self.signs.reached.load(Ordering::Relaxed)
    }
}

fn acknowledged(writers: &[Writer]) -> u64 {
    writers.iter().map(|writer| writer.done.acknowledged).sum()
}

fn tell(options: &Options, writers: &[Writer], judged: &[(&'static str, Judged, Followed)], watch: &Watch) {
    let sum = |of: fn(&Writer) -> u64| writers.iter().map(of).sum::<u64>();
    say(&format!(
        "followed: {} kills in {:.1} s, {} acknowledged calls, revisions {}, {} of them new beginnings; of the calls under \
         way {} landed whole and {} not at all",
        options.rounds,
        watch.seconds(),
        acknowledged(writers),
        sum(|writer| writer.history.revision()),
        sum(|writer| writer.done.renewed),
        sum(|writer| writer.done.landed),
        sum(|writer| writer.done.absent),
    ));
    for way in ["get_changes", "watch"] {
        let all: Vec<_> = judged.iter().filter(|(other, ..)| *other == way).collect();
        let sum = |of: fn(&Judged, &Followed) -> u64| {
            all.iter().map(|(_, judged, followed)| of(judged, followed)).sum::<u64>()
        };
        say(&format!(
            "followed: {} by {way} were told {} changes on {} pages, each once; {} beginnings anew; interrupted {} times by \
             the server, {} by an account that was away, {} by themselves; every copy is right; seed {}",
            all.len(),
            sum(|judged, _| judged.changes),
            sum(|judged, _| judged.pages),
            sum(|judged, _| judged.resets),
            sum(|_, followed| followed.interrupted.failed),
            sum(|_, followed| followed.interrupted.away),
            sum(|_, followed| followed.interrupted.left),
            options.seed
        ));
    }
}
