//! Requests of clients that cannot run here, as they are on record, with the replies that these clients need.
//!
//! A file of `golden/` is one client: what has to be there first, and its requests in their order. The clients themselves
//! are no part of this repository; their requests are described here by what they send.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{call, code, compare};
use crate::cases::Cases;
use crate::server::World;
use crate::{Failure, home};

/// One client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    client: String,
    /// Where its requests are on record.
    #[serde(rename = "source")]
    _source: String,
    accounts: Vec<String>,
    chat_groups: Vec<String>,
    steps: Vec<Step>,
}

/// A request and its reply.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    case: String,
    call: String,
    body: Value,
    reply: Value,
}

/// Replays every file.
pub(crate) async fn run(world: &World, cases: &mut Cases) -> Result<(), Failure> {
    for golden in read_all(&home().join("golden"))? {
        prepare(world, &golden).await?;
        for step in &golden.steps {
            let outcome = match call(world, &step.call, step.body.to_string()).await {
                Ok(reply) => compare(&reply, &step.reply),
                Err(error) => Err(error),
            };
            cases.add(&golden.client, &step.case, outcome);
        }
    }
    Ok(())
}

/// Makes the accounts and chat groups that the requests name.
async fn prepare(world: &World, golden: &Golden) -> Result<(), Failure> {
    if !golden.accounts.is_empty() {
        let body = json!({"Accounts": golden.accounts}).to_string();
        expect_ok(&call(world, "im_open_login_svc/multiaccount_import", body).await?)?;
    }
    for group in &golden.chat_groups {
        let body = json!({"Type": "Public", "Name": "Team", "GroupId": group}).to_string();
        expect_ok(&call(world, "group_open_http_svc/create_group", body).await?)?;
    }
    Ok(())
}

fn expect_ok(reply: &Value) -> Result<(), Failure> {
    match code(reply) {
        Some(0) => Ok(()),
        _ => Err(format!("preparing was answered {reply}")),
    }
}

fn read_all(folder: &Path) -> Result<Vec<Golden>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| error.to_string())?.path());
    }
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        all.push(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_no_two_are_about_the_same_accounts() {
        let mut accounts = std::collections::HashSet::new();
        for golden in read_all(&home().join("golden")).unwrap() {
            assert!(!golden.steps.is_empty());
            for account in golden.accounts {
                assert!(accounts.insert(account.clone()), "{account}");
            }
        }
    }
}
