//! The memory store is the model: the same calls on another store are answered with the same bytes.

use std::time::Duration;

use foldmark_server::config::Settings;
use futures_util::future::join_all;

use crate::APP;
use crate::place::CLIENTS;
use crate::support::{Answer, Fixture, settings_in_memory};
use crate::workload::{Random, setup};

/// Calls that each user makes before the clocks move on.
const ROUND: u64 = 25;

/// Compares a store, that of `settings`, with the model in at least `calls` calls; the environment may want more.
pub(crate) async fn compare(settings: &Settings, calls: u64) {
    let model = Fixture::start(&settings_in_memory(APP)).await;
    let other = Fixture::start(settings).await;
    let users = CLIENTS as u64;
    let rounds = calls_wanted(calls).div_ceil(users * ROUND);
    let mut generators: Vec<_> = (0..users).map(|user| Random::new(user + 77, user)).collect();
    let (model_ref, other_ref) = (&model, &other);
    let worlds = (0..users).map(|user| async move {
        for (command, body) in setup(user, user..user + 1) {
            same(model_ref, other_ref, command, &body.to_string()).await;
        }
    });
    join_all(worlds).await;
    for _ in 0..rounds {
        let users = generators.iter_mut().zip(0..).map(|(random, user)| async move {
            for _ in 0..ROUND {
                let (command, body) = random.call(user..user + 1);
                same(model_ref, other_ref, command, &body.to_string()).await;
            }
        });
        join_all(users).await;
        for fixture in [&model, &other] {
            fixture.clock.advance(Duration::from_secs(1));
        }
    }
    model.stop().await;
    other.stop().await;
}

async fn same(model: &Fixture, other: &Fixture, command: &str, body: &str) {
    let facts = |answer: Answer| (answer.revision(), answer.text);
    let (expected, actual) = tokio::join!(model.call(command, body), other.call(command, body));
    assert_eq!(facts(expected), facts(actual), "{command} {body}");
}

#[expect(clippy::disallowed_methods, reason = "the length of a test is chosen outside")]
fn calls_wanted(quick: u64) -> u64 {
    std::env::var("FOLDMARK_DIFFERENTIAL_CALLS").map_or(quick, |calls| calls.parse().unwrap())
}
