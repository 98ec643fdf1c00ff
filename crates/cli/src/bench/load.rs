//! The generator: connections with one request under way each, all on the calling thread.
//!
//! Requests count whose moment lies behind the warm-up; those that are under way at the end are waited for and count
//! as well. A stop ends the measured time there and then.

use std::cell::{Cell, RefCell};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use http::Request;
use http_body_util::Full;
use indicatif::ProgressBar;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use crate::args::BenchArgs;
use crate::bench::connection::Connection;
use crate::bench::endpoint::Endpoint;
use crate::bench::pace::Pace;
use crate::bench::people::People;
use crate::bench::processor;
use crate::bench::schedule::Schedule;
use crate::bench::tally::Tally;
use crate::bench::trouble::Trouble;
use crate::bench::work::{Chance, Kind, Requests, judge};
use crate::failure::Failure;
use crate::progress;
use crate::signals::Signals;

/// How long a request may take, connecting included: longer than the three seconds that a server takes at most.
pub(super) const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// How long a client waits after it could not connect: a server that is away must not be asked a million times.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that are made at the same time, so that none falls out of a server's queue.
const CONNECTS_AT_ONCE: usize = 32;
/// How often progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// A load that is to be made.
pub(super) struct Load<'a> {
    pub(super) args: &'a BenchArgs,
    pub(super) endpoint: &'a Endpoint,
    pub(super) people: &'a People,
}

/// A load that was made.
pub(super) struct Loaded {
    pub(super) tally: Tally,
    /// The measured time.
    pub(super) elapsed: Duration,
    /// Whether it was stopped before its end.
    pub(super) stopped: bool,
    /// With a rate: requests whose moment came and that were never sent, since no client was free.
    pub(super) unsent: u64,
    /// The processor time that the generator took, as a share of one processor, warm-up included.
    pub(super) processor: Option<f64>,
    /// The share of the time in which the generator had something to do, and no processor.
    pub(super) waited: Option<f64>,
}

impl Load<'_> {
    /// Connects, loads, and waits for what is under way.
    pub(super) fn run(&self, runtime: &Runtime, signals: &mut Signals) -> Result<Loaded, Failure> {
        let requests = Requests::new(self.args.work, self.people, self.endpoint)?;
        let connections = runtime.block_on(self.connect())?;
        let schedule = Schedule::new(self.args.rate);
        let warm_up = Duration::from_secs(self.args.warm_up.into());
        let end = warm_up + Duration::from_secs(self.args.seconds.into());
        let (used_before, waited_before) = (processor::used(), processor::waited());
        let generator = Generator {
            endpoint: self.endpoint,
            requests,
            schedule,
            warm_up,
            end: Cell::new(end),
            pace: &Pace::new(schedule, end),
            taken: Cell::new(0),
            done: Cell::new(0),
            tally: RefCell::default(),
        };
        let pace = generator.pace;
        let stopped = thread::scope(|scope| {
            if schedule != Schedule::Closed {
                scope.spawn(|| pace.hand_out());
            }
            let stopped = runtime.block_on(generator.run(connections, signals));
            pace.stop();
            stopped
        });
        let took = pace.now();
        let share = |(before, after): (Duration, Duration)| {
            after.saturating_sub(before).as_secs_f64() / took.as_secs_f64()
        };
        let end = generator.end.get();
        let first = schedule.due_before(warm_up).max(generator.taken.get());
        Ok(Loaded {
            elapsed: end.saturating_sub(warm_up),
            stopped,
            unsent: schedule.due_before(end).saturating_sub(first),
            processor: used_before.zip(processor::used()).map(share),
            waited: waited_before.zip(processor::waited()).map(share),
            tally: generator.tally.into_inner(),
        })
    }

    async fn connect(&self) -> Result<Vec<Connection>, Failure> {
        let clients = self.args.clients;
        let connects = stream::iter((1..=clients).map(Ok)).map_ok(async |number| {
            self.endpoint.connect().await.map_err(|reason| {
                Failure::transport(format!("connection {number} of {clients} cannot be made: {reason}"))
            })
        });
        connects.try_buffer_unordered(CONNECTS_AT_ONCE).try_collect().await
    }
}

/// What the clients of a load share.
struct Generator<'a> {
    endpoint: &'a Endpoint,
    requests: Requests<'a>,
    schedule: Schedule,
    warm_up: Duration,
    /// When no request begins any more; earlier than planned after a stop.
    end: Cell<Duration>,
    pace: &'a Pace,
    /// Turns that clients have taken.
    taken: Cell<u64>,
    /// Requests that are done, warm-up included.
    done: Cell<u64>,
    tally: RefCell<Tally>,
}

impl Generator<'_> {
    /// Runs all clients to the end. Gives back whether a signal ended the load.
    async fn run(&self, connections: Vec<Connection>, signals: &mut Signals) -> bool {
        let clients = connections.into_iter().enumerate();
        let mut clients: FuturesUnordered<_> =
            clients.map(|(number, connection)| self.client(number as u64, connection)).collect();
        let bar = progress::bar(None, "requests");
        let mut stopped = false;
        let mut pause = Box::pin(sleep(SHOWN_EVERY));
        loop {
            tokio::select! {
                biased;
                client = clients.next() => {
                    if client.is_none() {
                        break;
                    }
                }
                () = &mut pause => {
                    let left = self.show(&bar);
                    if left.is_zero() {
                        self.pace.stop();
                    }
                    pause.set(sleep(if left.is_zero() { SHOWN_EVERY } else { left.min(SHOWN_EVERY) }));
                }
                () = signals.next() => {
                    let now = self.pace.now();
                    // After the end a signal no longer cuts the measured time, but the waiting for answers.
                    if stopped || now >= self.end.get() {
                        break;
                    }
                    stopped = true;
                    self.end.set(now);
                    self.pace.stop();
                }
            }
        }
        bar.finish_and_clear();
        stopped
    }

    /// Shows how far the load is. Gives back the time that is left.
    fn show(&self, bar: &ProgressBar) -> Duration {
        let left = self.end.get().saturating_sub(self.pace.now());
        bar.set_position(self.done.get());
        bar.set_message(format!("{} s left", left.as_secs_f64().ceil()));
        left
    }

    /// One request after the other, until there are no turns any more.
    async fn client(&self, number: u64, connection: Connection) {
        let mut connection = Some(connection);
        let mut chance = Chance::new(number);
        while self.pace.take().await {
            let turn = self.taken.get();
            self.taken.set(turn + 1);
            let (kind, request) = self.requests.next(&mut chance);
            let sent = self.pace.now();
            let begin = self.schedule.begin(turn, sent);
            let asked = timeout(REQUEST_LIMIT, self.ask(kind, request, &mut connection)).await;
            let outcome = asked.unwrap_or(Err(Trouble::TimedOut));
            let now = self.pace.now();
            self.done.set(self.done.get() + 1);
            if begin >= self.warm_up {
                let mut tally = self.tally.borrow_mut();
                tally.add(kind, now.saturating_sub(begin), outcome);
                tally.late.record(sent.saturating_sub(begin));
            }
            if !matches!(outcome, Ok(()) | Err(Trouble::Refused(_) | Trouble::Malformed)) {
                connection = None;
            }
            if outcome == Err(Trouble::Connect) {
                sleep(CONNECT_PAUSE).await;
            }
        }
    }

    /// One request, on a new connection if there is none any more.
    async fn ask(
        &self,
        kind: Kind,
        request: Request<Full<Bytes>>,
        connection: &mut Option<Connection>,
    ) -> Result<(), Trouble> {
        if let Some(open) = connection
            && !open.is_open().await
        {
            *connection = None;
        }
        let open = match connection {
            Some(open) => open,
            None => connection.insert(self.endpoint.connect().await.map_err(|_| Trouble::Connect)?),
        };
        let answer = open.exchange(request).await?;
        judge(kind, &answer)
    }
}
