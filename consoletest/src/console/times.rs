//! How long the server takes for the pages with the most on them. The bound is far above what is seen, because machines
//! that test are busy; the figures are for people.

use std::time::Duration;

use foldmark_harness::{Watch, say};

use super::data::HEAVY;
use super::operator::Operator;
use super::pages::user;
use super::visitor::Visitor;
use crate::server::SDKAPPID;

const TIMES: usize = 9;
/// What it should be, and what it may be.
const AIM: Duration = Duration::from_millis(300);
const BOUND: Duration = Duration::from_secs(5);

/// Asks for each several times.
pub(crate) fn run(visitor: &mut Visitor<'_>) -> Result<(), String> {
    let origin = visitor.origin();
    let admin = Operator::sign_in(visitor.http, &origin, &visitor.server.admin_token()?)?;
    let users = format!("/console/apps/{SDKAPPID}/users");
    let pages = [
        ("a user with 20 groups and 2,000 conversations", user(HEAVY)),
        ("the same, by a text that is in one conversation", user(HEAVY) + "&text=02000"),
        ("all users from the first", users.clone()),
        ("users whose ids begin with user_0999", format!("{users}?prefix=user_0999")),
    ];
    for (what, path) in pages {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..TIMES {
            let watch = Watch::start();
            let answer = admin.get(&path)?;
            times.push(watch.time());
            if answer.status != 200 {
                return Err(format!("{path} was answered {}", answer.status));
            }
            bytes = answer.text.len();
        }
        times.sort_unstable();
        let median = times[TIMES / 2];
        say(&format!(
            "  {:>5} ms, {:>4} KiB: {what} (aim: {} ms)",
            median.as_millis(),
            bytes >> 10,
            AIM.as_millis()
        ));
        visitor.claim("times", median < BOUND, &format!("{what} took {} ms", median.as_millis()));
    }
    Ok(())
}
