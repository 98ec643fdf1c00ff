//! What was tried, what came of it, and whether that is what is expected.

use serde::Deserialize;

use crate::{Failure, home};

/// All cases in the order in which they were tried.
#[derive(Default)]
pub(crate) struct Cases(Vec<Case>);

struct Case {
    client: String,
    name: String,
    failure: Option<String>,
}

/// The named exceptions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// A case that is known to fail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    client: String,
    case: String,
    /// What the failure says, in part: failing in another way is not expected.
    failure: String,
    /// Why it is so, for a person.
    reason: String,
}

impl Cases {
    /// Notes what came of a case.
    pub(crate) fn add(&mut self, client: &str, name: &str, outcome: Result<(), Failure>) {
        self.0.push(Case { client: client.to_owned(), name: name.to_owned(), failure: outcome.err() });
    }

    /// Prints every case, and gives whether all came as expected.
    pub(crate) fn judge(&self, whole: bool) -> Result<bool, Failure> {
        let mut exceptions = read_exceptions()?;
        let mut wrong = 0;
        let widths = (width(self, |case| &case.client), width(self, |case| &case.name));
        for case in &self.0 {
            let known =
                exceptions.iter().position(|known| known.client == case.client && known.case == case.name);
            let known = known.map(|at| exceptions.swap_remove(at));
            let (outcome, good) = judge_one(case, known.as_ref());
            wrong += usize::from(!good);
            println!("{:<3$} {:<4$} {}", case.client, case.name, outcome, widths.0, widths.1);
        }
        if whole {
            for left in &exceptions {
                wrong += 1;
                println!("expected.toml names a case that was not tried: {} / {}", left.client, left.case);
            }
        }
        println!("{} passed, {wrong} failed", self.0.len() - wrong.min(self.0.len()));
        Ok(wrong == 0)
    }
}

/// How the outcome reads, and whether it is the expected one.
fn judge_one(case: &Case, known: Option<&Exception>) -> (String, bool) {
    match (&case.failure, known) {
        (None, None) => ("ok".to_owned(), true),
        (None, Some(known)) => (format!("PASSED UNEXPECTEDLY, expected: {}", known.failure), false),
        (Some(failure), Some(known)) if failure.contains(&known.failure) => {
            (format!("fails as expected: {}", known.reason), true)
        }
        (Some(failure), Some(known)) => {
            (format!("FAILED: {failure}, expected another failure: {}", known.failure), false)
        }
        (Some(failure), None) => (format!("FAILED: {failure}"), false),
    }
}

fn read_exceptions() -> Result<Vec<Exception>, Failure> {
    let path = home().join("expected.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let expected: Expected = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(expected.exception)
}

fn width(cases: &Cases, text: fn(&Case) -> &String) -> usize {
    cases.0.iter().map(|case| text(case).chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(failure: Option<&str>) -> Case {
        Case { client: "c".to_owned(), name: "n".to_owned(), failure: failure.map(str::to_owned) }
    }

    fn exception(failure: &str) -> Exception {
        let text = String::new;
        Exception { client: text(), case: text(), failure: failure.to_owned(), reason: text() }
    }

    #[test]
    fn only_what_is_expected_is_good() {
        assert!(judge_one(&case(None), None).1);
        assert!(!judge_one(&case(Some("60009")), None).1);
        assert!(judge_one(&case(Some("code 60009")), Some(&exception("60009"))).1);
        assert!(!judge_one(&case(Some("code 50004")), Some(&exception("60009"))).1);
        assert!(!judge_one(&case(None), Some(&exception("60009"))).1);
    }

    #[test]
    fn the_kept_exceptions_can_be_read() {
        assert!(!read_exceptions().unwrap().is_empty());
    }
}
