//! The memory store is the model: the same calls on the embedded store are answered with the same bytes.

use std::time::Duration;

use futures_util::future::join_all;

use crate::APP;
use crate::support::{Answer, Fixture, settings, settings_in};
use crate::workload::{Random, setup};

const USERS: u64 = 64;
/// Calls that each user makes before the clocks move on.
const ROUND: u64 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn embedded_answers_as_memory_does() {
    let folder = tempfile::tempdir().unwrap();
    let model = Fixture::start(&settings(APP)).await;
    let embedded = Fixture::start(&settings_in(folder.path(), "embedded", APP)).await;
    let rounds = calls_wanted().div_ceil(USERS * ROUND);
    let mut generators: Vec<_> = (0..USERS).map(|user| Random::new(user + 77, user)).collect();
    for user in 0..USERS {
        for (command, body) in setup(user, user..user + 1) {
            same(&model, &embedded, command, &body.to_string()).await;
        }
    }
    for _ in 0..rounds {
        let users = generators.iter_mut().zip(0..).map(|(random, user)| {
            let (model, embedded) = (&model, &embedded);
            async move {
                for _ in 0..ROUND {
                    let (command, body) = random.call(user..user + 1);
                    same(model, embedded, command, &body.to_string()).await;
                }
            }
        });
        join_all(users).await;
        for fixture in [&model, &embedded] {
            fixture.clock.advance(Duration::from_secs(1));
        }
    }
    model.stop().await;
    embedded.stop().await;
}

async fn same(model: &Fixture, other: &Fixture, command: &str, body: &str) {
    let facts = |answer: Answer| (answer.revision(), answer.text);
    let (expected, actual) = tokio::join!(model.call(command, body), other.call(command, body));
    assert_eq!(facts(expected), facts(actual), "{command} {body}");
}

/// How many calls to compare: a quick run of 5,000 unless told.
#[expect(clippy::disallowed_methods, reason = "the length of a test is chosen outside")]
fn calls_wanted() -> u64 {
    std::env::var("FOLDMARK_DIFFERENTIAL_CALLS").map_or(5_000, |calls| calls.parse().unwrap())
}
