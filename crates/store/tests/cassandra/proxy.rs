//! Proxies in front of the nodes that lose or hold back what passes, message by message.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use foldmark_store::cassandra::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// What becomes of messages. A commit is the only thing that travels as a batch, apart from sweeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Everything passes.
    Pass,
    /// Batches never reach a node.
    LoseBatches,
    /// Batches are carried out, and nobody hears of it. Everything else passes.
    LoseAnswersToBatches,
    /// Batches wait until they are let go; then they pass.
    HoldBatches,
    /// Batches are carried out, and nobody hears of it. From then on nothing passes.
    LoseAnswersToBatchesAndAllElse,
}

/// Proxies in front of all nodes, under one rule. They end when this is dropped.
pub(crate) struct Proxies {
    state: Arc<State>,
    addresses: HashMap<IpAddr, SocketAddr>,
    _listening: JoinSet<()>,
}

struct State {
    rule: Mutex<Rule>,
    held: Mutex<Vec<Held>>,
    /// Prepared statements that wait; `None`: they pass.
    statements: Mutex<Option<Vec<Held>>>,
    /// How many of them pass before.
    passing: Mutex<usize>,
    traffic: Mutex<Traffic>,
}

/// What has come by since the proxies started, whatever became of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) batches: usize,
    /// Prepared statements: views, fences, and the like.
    pub(crate) statements: usize,
    /// Of both.
    pub(crate) request_bytes: usize,
    /// Of results.
    pub(crate) result_bytes: usize,
}

/// A message, and where it goes when it is let go.
type Held = (UnboundedSender<Vec<u8>>, Vec<u8>);

/// Version, flags, stream (2 bytes), opcode, length of the body (4 bytes).
const HEADER: usize = 9;
const BATCH: u8 = 0x0d;
const EXECUTE: u8 = 0x0a;
const RESULT: u8 = 0x08;

impl Proxies {
    pub(crate) async fn start(nodes: &[SocketAddr]) -> Proxies {
        let state = Arc::new(State {
            rule: Mutex::new(Rule::Pass),
            held: Mutex::new(Vec::new()),
            statements: Mutex::new(None),
            passing: Mutex::new(0),
            traffic: Mutex::new(Traffic::default()),
        });
        let mut addresses = HashMap::new();
        let mut listening = JoinSet::new();
        for node in nodes {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            addresses.insert(node.ip(), listener.local_addr().unwrap());
            listening.spawn(listen(listener, *node, Arc::clone(&state)));
        }
        Proxies { state, addresses, _listening: listening }
    }

    /// Makes options use the proxies instead of the nodes.
    pub(crate) fn options(&self, mut options: Options) -> Options {
        options.contact_points = self.addresses.values().map(ToString::to_string).collect();
        options.address_map = self.addresses.clone();
        options
    }

    pub(crate) fn set(&self, rule: Rule) {
        *self.state.rule.lock().unwrap() = rule;
    }

    /// Lets all batches go that were held back, and says how many there were.
    pub(crate) fn let_go(&self) -> usize {
        send(std::mem::take(&mut *self.state.held.lock().unwrap()))
    }

    /// Lets views and fences wait, whatever the rule for batches, so that nobody can be asked what became of a commit.
    /// The driver's signs of life pass.
    pub(crate) fn hold_statements(&self) {
        *self.state.statements.lock().unwrap() = Some(Vec::new());
    }

    /// As [`hold_statements`](Self::hold_statements), behind the next `number` of them.
    pub(crate) fn hold_statements_after(&self, number: usize) {
        *self.state.passing.lock().unwrap() = number;
        self.hold_statements();
    }

    /// Lets all views and fences go that were held back, and further ones pass.
    pub(crate) fn let_statements_go(&self) {
        send(self.state.statements.lock().unwrap().take().unwrap_or_default());
    }

    /// How many batches have come by.
    pub(crate) fn batches(&self) -> usize {
        self.traffic().batches
    }

    /// What has come by.
    pub(crate) fn traffic(&self) -> Traffic {
        *self.state.traffic.lock().unwrap()
    }
}

impl State {
    /// Whether a statement is one of those that pass before others wait.
    fn passes(&self) -> bool {
        let mut passing = self.passing.lock().unwrap();
        let passes = *passing > 0;
        *passing = passing.saturating_sub(1);
        passes
    }
}

impl Traffic {
    fn count(&mut self, message: &[u8]) {
        match message[4] {
            BATCH => self.batches += 1,
            EXECUTE => self.statements += 1,
            RESULT => {
                self.result_bytes += message.len();
                return;
            }
            _ => return,
        }
        self.request_bytes += message.len();
    }
}

fn send(held: Vec<Held>) -> usize {
    let number = held.len();
    for (to, message) in held {
        to.send(message).expect("the connection is open");
    }
    number
}

async fn listen(listener: TcpListener, node: SocketAddr, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        connections.spawn(pass(client, node, Arc::clone(&state)));
    }
}

async fn pass(client: TcpStream, node: SocketAddr, state: Arc<State>) {
    let Ok(node) = TcpStream::connect(node).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_node, to_node) = node.into_split();
    let unanswered = Mutex::new(HashSet::new());
    // Whichever side closes, the connection ends.
    let _: io::Result<()> = tokio::select! {
        ended = requests(from_client, to_node, &state, &unanswered) => ended,
        ended = answers(from_node, to_client, &state, &unanswered) => ended,
    };
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
    unanswered: &Mutex<HashSet<[u8; 2]>>,
) -> io::Result<()> {
    let (sender, mut sent) = unbounded_channel::<Vec<u8>>();
    let write = async {
        while let Some(message) = sent.recv().await {
            to.write_all(&message).await?;
        }
        Ok(())
    };
    let read = async {
        loop {
            let message = read_message(&mut from).await?;
            let batch = message[4] == BATCH;
            state.traffic.lock().unwrap().count(&message);
            if message[4] == EXECUTE
                && !state.passes()
                && let Some(held) = &mut *state.statements.lock().unwrap()
            {
                held.push((sender.clone(), message));
                continue;
            }
            let rule = *state.rule.lock().unwrap();
            match (rule, batch) {
                (Rule::LoseBatches, true) | (Rule::LoseAnswersToBatchesAndAllElse, false) => continue,
                (Rule::HoldBatches, true) => {
                    state.held.lock().unwrap().push((sender.clone(), message));
                    continue;
                }
                (Rule::LoseAnswersToBatches | Rule::LoseAnswersToBatchesAndAllElse, true) => {
                    unanswered.lock().unwrap().insert([message[2], message[3]]);
                }
                _ => {}
            }
            sender.send(message).expect("the writer is there");
        }
    };
    tokio::select! { ended = write => ended, ended = read => ended }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
    unanswered: &Mutex<HashSet<[u8; 2]>>,
) -> io::Result<()> {
    loop {
        let message = read_message(&mut from).await?;
        state.traffic.lock().unwrap().count(&message);
        let lost = unanswered.lock().unwrap().remove(&[message[2], message[3]]);
        let dark = *state.rule.lock().unwrap() == Rule::LoseAnswersToBatchesAndAllElse;
        if !lost && !dark {
            to.write_all(&message).await?;
        }
    }
}

async fn read_message(from: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut message = vec![0; HEADER];
    from.read_exact(&mut message).await?;
    let length = u32::from_be_bytes([message[5], message[6], message[7], message[8]]);
    message.resize(HEADER + length as usize, 0);
    from.read_exact(&mut message[HEADER..]).await?;
    Ok(message)
}
