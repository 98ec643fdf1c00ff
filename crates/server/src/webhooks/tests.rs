//! Turns, leases and giving up, with a receiver that answers when the test says so, a clock that stands still, and a store that gives
//! and refuses the lease as it is told.

mod giving_up;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use foldmark_core::changes::Changes;
use foldmark_core::format::due::Due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Revision, Subject, SubjectKind, UserId};
use foldmark_store::memory::MemoryStore;
use foldmark_store::{CommitError, DuePage, Page, Select, Store, StoreError, WalkFrom};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::deliverer::Deliverer;
use super::lease::Lease;
use super::post::Sender;
use super::refused::Refused;
use super::status::Status;
use super::turn::{Ended, Outcome, Told};
use super::waiting::Turn;
use crate::clock::Clock;
use crate::config;
use crate::execute::Executor;
use crate::gate::Gate;
use crate::limits;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::testing::{APP, put};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Three events: 250 conversations and a group.
const CONVERSATIONS: usize = 250;
const LEASE: Duration = limits::WEBHOOK_LEASE;

#[tokio::test]
async fn a_turn_sends_nothing_after_its_lease_and_begins_again_with_the_same_ids() {
    let mut setting = Setting::with_alice().await;
    let ids = {
        setting.lease();
        let turn = setting.turn(None);
        let mut ids = vec![setting.request().await.take()];
        let second = setting.request().await;
        ids.push(second.id.clone());
        setting.clock.advance(LEASE);
        second.take();
        assert!(matches!(turn.await.unwrap().outcome, Outcome::LeaseEnded));
        ids
    };
    assert!(setting.requests.try_recv().is_err(), "the third event is left to whoever delivers now");
    let due = setting.due().await.unwrap();
    assert_eq!((due.first, due.newest), (Revision::new(1), Revision::new(1)), "nothing is settled");

    setting.lease();
    let turn = setting.turn(None);
    let again = [setting.request().await.take(), setting.request().await.take()];
    assert_eq!(again[..], ids[..], "a receiver tells by the ids that it has these already");
    assert!(!ids.contains(&setting.request().await.take()));
    let ended = turn.await.unwrap();
    assert!(matches!(ended.outcome, Outcome::Settled), "{ended:?}");
    assert_eq!(ended.told, Told { events: 3, is_settled: true });
    assert_eq!(setting.due().await, None);
}

#[tokio::test]
async fn what_was_told_counts_though_more_was_announced_and_has_not_happened() {
    let mut setting = Setting::with_alice().await;
    setting.leads.spurious.store(2, Ordering::SeqCst);
    setting.lease();
    let turn = setting.turn(None);
    for _ in 0..3 {
        setting.request().await.take();
    }
    let ended = turn.await.unwrap();
    assert!(matches!(ended.outcome, Outcome::NotYet), "{ended:?}");
    assert_eq!(ended.told, Told { events: 3, is_settled: true });
    let ended = setting.turn(None).await.unwrap();
    assert!(matches!(ended.outcome, Outcome::NotYet), "{ended:?}");
    assert_eq!(ended.told, Told::default());
}

#[tokio::test]
async fn nothing_is_given_up_after_the_lease() {
    let mut setting = Setting::with_alice().await;
    // Refused for three of four pauses that count, in each of which another user was told.
    let (day, now) = (Duration::from_secs(86_400), setting.clock.monotonic());
    let tries = (0..4).map(|number| (now - (4 - number) * day, u64::from(number)));
    let refused = tries.fold(None, |before, (time, taken)| Some(Refused::again(before, time, taken, day)));
    setting.deliverer.status.lock().unwrap().delivered = 4;
    for is_late in [true, false] {
        setting.lease();
        let turn = setting.turn(refused);
        let request = setting.request().await;
        if is_late {
            setting.clock.advance(LEASE);
        }
        request.answer.send(StatusCode::UNPROCESSABLE_ENTITY).unwrap();
        let outcome = turn.await.unwrap().outcome;
        let due = setting.due().await.unwrap();
        match is_late {
            true => assert!(matches!(outcome, Outcome::LeaseEnded) && !due.is_set_aside()),
            false => assert!(matches!(outcome, Outcome::GivenUp { .. }) && due.is_set_aside()),
        }
    }
}

#[tokio::test]
async fn a_deliverer_breaks_off_when_another_one_has_the_lease_and_begins_again_with_a_new_one() {
    let mut setting = Setting::with_alice().await;
    setting.deliver();
    let first = setting.request().await;
    let (id, mut answer) = (first.id, first.answer);
    setting.leads.set(Answer::No);
    setting.ask_again();
    timeout(PATIENCE, answer.closed()).await.expect("the request is broken off");
    assert_eq!(setting.due().await.unwrap().first, Revision::new(1));

    setting.leads.set(Answer::Yes);
    assert_eq!(setting.request_later().await.take(), id);
    assert_ne!(setting.request().await.take(), id);
    setting.request().await.take();
    setting.settled().await;
}

#[tokio::test]
async fn a_lease_that_is_not_known_lasts_until_its_end_and_no_longer() {
    let mut setting = Setting::with_alice().await;
    setting.deliver();
    let first = setting.request().await;
    setting.leads.set(Answer::Unknown);
    let before = setting.leads.asked();
    setting.ask_again();
    setting.leads.asked_more_often_than(before).await;
    let id = first.take();
    let second = setting.request().await;
    setting.clock.advance(LEASE);
    second.take();
    setting.turn_over().await;
    // Only what begins anew comes, once it is known again who delivers.
    setting.leads.set(Answer::Yes);
    assert_eq!(setting.request_later().await.take(), id);
    setting.request().await.take();
    setting.request().await.take();
    setting.settled().await;
}

/// A server with one application, and its receiver.
struct Setting {
    gate: Arc<Gate>,
    clock: Clock,
    tasks: Tasks,
    deliverer: Arc<Deliverer>,
    leads: Arc<Leads>,
    requests: mpsc::UnboundedReceiver<Asked>,
}

/// A request that waits for its answer.
struct Asked {
    user: String,
    id: String,
    answer: oneshot::Sender<StatusCode>,
}

impl Asked {
    /// Says that it is taken, and gives its id back.
    fn take(self) -> String {
        self.answer.send(StatusCode::NO_CONTENT).expect("it is still waited for");
        self.id
    }
}

impl Setting {
    /// Of the only user everything is due.
    async fn with_alice() -> Setting {
        let setting = Setting::with_lease_of(LEASE).await;
        put(&setting.gate, "alice", true, CONVERSATIONS).await;
        setting
    }

    /// Without users.
    async fn with_lease_of(lease_time: Duration) -> Setting {
        let tasks = Tasks::default();
        let (address, requests) = receiver(&tasks).await;
        let text = format!(
            "[store]\nkind = \"memory\"\n[[apps]]\nsdkappid = {APP}\nkey = \"a key\"\n[apps.webhook]\n\
             url = \"http://{address}/\"\nsecret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n\
             timeout_seconds = 60\n"
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let settings = config::load(Some(file.path()), &Default::default(), &[]).unwrap();
        let clock = Clock::manual(1_775_217_000);
        let leads = Arc::new(Leads { state: Mutex::new((Answer::Yes, 0)), spurious: AtomicU64::new(0) });
        let store = Box::new(Led { store: MemoryStore::new(), leads: Arc::clone(&leads) });
        let executor = Executor::new(store, clock.clone(), Arc::new(Metrics::new("memory")), None);
        let gate = Arc::new(Gate::new(&settings, executor, &clock, None, None));
        let app = AppId::new(APP).unwrap();
        let deliverer = Arc::new(Deliverer {
            app,
            gate: Arc::clone(&gate),
            clock: clock.clone(),
            tasks: tasks.clone(),
            sender: Arc::new(Sender::new()),
            mailbox: gate.executor().outbox().mailbox(app),
            status: Arc::new(Mutex::new(Status::default())),
            lease: Lease::new(clock.clone()),
            lease_time,
            look_every: limits::WEBHOOK_LOOK_CLUSTER,
        });
        Setting { gate, clock, tasks, deliverer, leads, requests }
    }

    /// Begins a new lease.
    fn lease(&self) {
        self.deliverer.lease.lasts_until(self.clock.monotonic() + LEASE);
    }

    /// Begins a turn of the user, and gives back where it will say how it went.
    fn turn(&self, refused: Option<Refused>) -> oneshot::Receiver<Ended> {
        let deliverer = Arc::clone(&self.deliverer);
        let app = self.gate.app(APP).unwrap();
        let (done, outcome) = oneshot::channel();
        self.tasks.start(async move {
            let webhook = app.webhook.clone().unwrap();
            let turn = Turn { user: "alice".into(), refused };
            let _ = done.send(deliverer.deliver(&app, &webhook, &turn).await);
        });
        outcome
    }

    /// Starts the deliverer.
    fn deliver(&self) {
        self.tasks.start(Arc::clone(&self.deliverer).run());
    }

    /// Has the deliverer ask for its lease, which is not over.
    fn ask_again(&self) {
        self.clock.advance(limits::WEBHOOK_LEASE_RENEW + Duration::from_secs(1));
        self.deliverer.mailbox.look();
    }

    /// Waits until no turn is under way.
    async fn turn_over(&self) {
        // The deliverer itself and this setting hold on to it, and so does every turn.
        let over = async {
            while Arc::strong_count(&self.deliverer) > 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, over).await.expect("the turn ends");
    }

    async fn request(&mut self) -> Asked {
        timeout(PATIENCE, self.requests.recv()).await.expect("a request comes").unwrap()
    }

    /// The next request, while nobody waits for as long as the deliverer rests without a lease.
    async fn request_later(&mut self) -> Asked {
        for _ in 0..400 {
            tokio::time::pause();
            tokio::time::advance(limits::WEBHOOK_LEASE_RENEW).await;
            tokio::time::resume();
            if let Ok(asked) = timeout(Duration::from_millis(50), self.requests.recv()).await {
                return asked.unwrap();
            }
        }
        panic!("no request comes");
    }

    async fn due(&self) -> Option<Due> {
        self.due_of("alice").await
    }

    async fn due_of(&self, user: &str) -> Option<Due> {
        let user = UserId::parse(user).unwrap();
        self.gate.executor().store().due_of(self.deliverer.app, user).await.unwrap()
    }

    /// Waits until nothing is due any more, after which nothing is sent.
    async fn settled(&mut self) {
        let settled = async {
            while self.due().await.is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, settled).await.expect("all is settled");
        assert!(self.requests.try_recv().is_err());
        assert!(self.tasks.stop(PATIENCE).await);
    }
}

/// Listens on a port of its own, and hands over what it is asked.
async fn receiver(tasks: &Tasks) -> (std::net::SocketAddr, mpsc::UnboundedReceiver<Asked>) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::unbounded_channel();
    let router = Router::new().route("/", post(take)).with_state(sender);
    let stopping = tasks.clone();
    tasks.start(async move {
        tokio::select! {
            () = stopping.stopping() => {}
            served = axum::serve(listener, router) => served.unwrap(),
        }
    });
    (address, requests)
}

async fn take(
    State(sender): State<mpsc::UnboundedSender<Asked>>,
    head: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let event: Value = serde_json::from_slice(&body).unwrap();
    let user = event["data"]["From_Account"].as_str().unwrap().to_owned();
    let (answer, answered) = oneshot::channel();
    let id = head["webhook-id"].to_str().unwrap().to_owned();
    let _ = sender.send(Asked { user, id, answer });
    answered.await.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// Whether the store gives the lease, and how often it was asked.
struct Leads {
    state: Mutex<(Answer, u32)>,
    /// A revision of alice that is announced and does not happen; 0: none.
    spurious: AtomicU64,
}

#[derive(Clone, Copy)]
enum Answer {
    Yes,
    No,
    Unknown,
}

impl Leads {
    fn set(&self, answer: Answer) {
        self.state.lock().unwrap().0 = answer;
    }

    fn asked(&self) -> u32 {
        self.state.lock().unwrap().1
    }

    async fn asked_more_often_than(&self, before: u32) {
        let asked = async {
            while self.asked() <= before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, asked).await.expect("the deliverer asks for its lease");
    }
}

/// A store whose lease is others' too.
struct Led {
    store: MemoryStore,
    leads: Arc<Leads>,
}

#[async_trait]
impl Store for Led {
    async fn lead(&self, _: &str, _: u64, _: Duration) -> Result<bool, StoreError> {
        let mut leads = self.leads.state.lock().unwrap();
        leads.1 += 1;
        match leads.0 {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::Unknown => Err(StoreError::Timeout),
        }
    }

    async fn view(&self, subject: Subject<'_>, select: Select<'_>) -> Result<Stored, StoreError> {
        self.store.view(subject, select).await
    }

    async fn heads(&self, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError> {
        self.store.heads(subjects).await
    }

    async fn commit(
        &self,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Result<(), CommitError> {
        self.store.commit(subject, base, changes).await
    }

    async fn walk(
        &self,
        app: AppId,
        kind: SubjectKind,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.store.walk(app, kind, from, limit).await
    }

    async fn due(&self, app: AppId, from: &WalkFrom, limit: usize) -> Result<DuePage, StoreError> {
        self.store.due(app, from, limit).await
    }

    async fn due_of(&self, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
        let due = self.store.due_of(app, user).await?;
        match self.leads.spurious.load(Ordering::SeqCst) {
            0 => Ok(due),
            revision => {
                let revision = Revision::new(revision);
                Ok(Some(due.map_or(Due::of(revision), |due| due.and(revision))))
            }
        }
    }

    async fn settle(&self, app: AppId, user: UserId<'_>, revision: Revision) -> Result<(), StoreError> {
        self.store.settle(app, user, revision).await
    }

    async fn set_aside(
        &self,
        app: AppId,
        user: UserId<'_>,
        revision: Revision,
        note: &str,
    ) -> Result<(), StoreError> {
        self.store.set_aside(app, user, revision, note).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
