//! One fault that calls shall meet, as the command line and `/dev/faults` write it: `CALL=WHAT[:CHANCE%][:after]`.
//!
//! `CALL` is the name of a call, or `*` for every call; `WHAT` a code or `drop` among failures, a time such as `200ms`
//! or `2s` among delays. What is made is right: a code is one that is documented for the call.

use std::fmt;
use std::time::Duration;

use foldmark_wire::{CallName, Code};

use crate::codes::documented;

/// The longest delay.
const DELAY_MAX: Duration = Duration::from_secs(60);
/// What a chance is counted in: thousandths of a percent.
pub(super) const CHANCE_WHOLE: u64 = 100_000;

/// What a call meets, how likely, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// As it was written.
    text: String,
    /// `None`: every call.
    call: Option<CallName>,
    pub(super) effect: Effect,
    /// From 1 to [`CHANCE_WHOLE`].
    pub(super) chance: u64,
    /// Whether the call is carried out first.
    pub(super) after: bool,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The answer is this code.
    Code(Code),
    /// There is no answer; the connection is closed.
    Drop,
    /// The answer comes later.
    Delay(Duration),
}

impl Fault {
    /// Takes apart a failure.
    pub(super) fn parse_failure(text: &str) -> Result<Fault, String> {
        Fault::parse(text, |call, what| match what {
            "drop" => Ok(Effect::Drop),
            _ => code(call, what).map(Effect::Code),
        })
    }

    /// Takes apart a delay.
    pub(super) fn parse_delay(text: &str) -> Result<Fault, String> {
        Fault::parse(text, |_, what| delay(what).map(Effect::Delay))
    }

    /// Whether it is about this call.
    pub(super) fn is_of(&self, call: CallName) -> bool {
        self.call.is_none_or(|own| own == call)
    }

    fn parse(
        text: &str,
        effect: impl FnOnce(Option<CallName>, &str) -> Result<Effect, String>,
    ) -> Result<Fault, String> {
        let wrong = |what: String| format!("{text}: {what}");
        let (name, rest) = text.split_once('=').ok_or_else(|| wrong(FORM.to_owned()))?;
        let call = call(name).map_err(wrong)?;
        let mut parts = rest.split(':');
        let effect = effect(call, parts.next().unwrap_or_default()).map_err(wrong)?;
        let mut fault = Fault { text: text.to_owned(), call, effect, chance: CHANCE_WHOLE, after: false };
        let mut next = parts.next();
        if let Some(percent) = next.and_then(|part| part.strip_suffix('%')) {
            fault.chance = chance(percent)
                .ok_or_else(|| wrong(format!("the chance must be from 0.001% to 100%, not {percent:?}%")))?;
            next = parts.next();
        }
        if next == Some("after") {
            fault.after = true;
            next = parts.next();
        }
        match next {
            None => Ok(fault),
            Some(part) => Err(wrong(format!("{part:?} is not understood; {FORM}"))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const FORM: &str =
    "a fault is CALL=CODE, CALL=drop or CALL=TIME, then :CHANCE% and :after, which may be left out";

fn call(name: &str) -> Result<Option<CallName>, String> {
    if name == "*" {
        return Ok(None);
    }
    let named = CallName::ALL.into_iter().find(|call| call.command() == name);
    let known = || CallName::ALL.map(CallName::command).join(", ");
    named.map(Some).ok_or_else(|| format!("there is no call {name:?}; there are *, {}", known()))
}

fn code(call: Option<CallName>, text: &str) -> Result<Code, String> {
    let codes = documented(call);
    let number = text.parse().ok().and_then(Code::from_number);
    if let Some(code) = number.filter(|code| codes.contains(code)) {
        return Ok(code);
    }
    let of = call.map_or("every call", CallName::command);
    let known: Vec<String> = codes.iter().map(|code| code.number().to_string()).collect();
    Err(format!("{text:?} is no code that is documented for {of}; these are, and drop: {}", known.join(", ")))
}

fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time from 1ms to {}s, such as 200ms or 2s", DELAY_MAX.as_secs());
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1_000),
        (None, None) => return Err(wrong()),
    };
    let milliseconds = digits(number).and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    let delay = Duration::from_millis(milliseconds);
    if delay.is_zero() || delay > DELAY_MAX { Err(wrong()) } else { Ok(delay) }
}

/// A percentage of at most three decimals.
fn chance(percent: &str) -> Option<u64> {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, "0"));
    if fraction.len() > 3 {
        return None;
    }
    let thousandths = digits(fraction)? * 10_u64.pow(3 - fraction.len() as u32);
    let chance = digits(whole)?.checked_mul(1_000)?.checked_add(thousandths)?;
    (1..=CHANCE_WHOLE).contains(&chance).then_some(chance)
}

/// A number without a sign, which `parse` would accept.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> (Option<CallName>, Effect, u64, bool) {
        let fault = Fault::parse_failure(text).unwrap();
        assert_eq!(fault.to_string(), text);
        (fault.call, fault.effect, fault.chance, fault.after)
    }

    #[test]
    fn failures_are_taken_apart() {
        let mark = Some(CallName::MarkContact);
        assert_eq!(failure("mark_contact=50004:10%"), (mark, Effect::Code(Code::Internal), 10_000, false));
        assert_eq!(
            failure("mark_contact=50005:10%:after"),
            (mark, Effect::Code(Code::TimedOut), 10_000, true)
        );
        assert_eq!(
            failure("mark_contact=50005:after"),
            (mark, Effect::Code(Code::TimedOut), CHANCE_WHOLE, true)
        );
        assert_eq!(failure("mark_contact=drop:0.001%"), (mark, Effect::Drop, 1, false));
        assert_eq!(failure("*=60007:5.25%"), (None, Effect::Code(Code::CallRate), 5_250, false));
        assert!(Fault::parse_failure("*=60007").unwrap().is_of(CallName::CreateGroup));
        assert!(!Fault::parse_failure("mark_contact=60007").unwrap().is_of(CallName::CreateGroup));
    }

    #[test]
    fn delays_are_taken_apart() {
        let effect = |text| Fault::parse_delay(text).map(|fault| (fault.effect, fault.chance));
        let milliseconds = |number| Effect::Delay(Duration::from_millis(number));
        assert_eq!(effect("get_contact_group=200ms:50%"), Ok((milliseconds(200), 50_000)));
        assert_eq!(effect("*=60s"), Ok((milliseconds(60_000), CHANCE_WHOLE)));
        for wrong in ["*=61s", "*=0ms", "*=200", "*=-1s", "*=1m", "*=s", "*=18446744073709551615s", "*=drop"]
        {
            assert!(effect(wrong).unwrap_err().contains("1ms to 60s"), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("mark_contact", "mark_contact: a fault is CALL=CODE"),
            ("mark=50004", "there is no call \"mark\"; there are *, create_contact_group, "),
            (
                "mark_contact=51009",
                "\"51009\" is no code that is documented for mark_contact; these are, and drop: 50001, ",
            ),
            (
                "*=50004",
                "\"50004\" is no code that is documented for every call; these are, and drop: 60002, ",
            ),
            ("mark_contact=99999", "no code"),
            ("mark_contact=", "no code"),
            ("mark_contact=drop:0%", "from 0.001% to 100%"),
            ("mark_contact=drop:100.001%", "from 0.001% to 100%"),
            ("mark_contact=drop:1.2345%", "from 0.001% to 100%"),
            ("mark_contact=drop:+1%", "from 0.001% to 100%"),
            ("mark_contact=drop:10", "\"10\" is not understood"),
            ("mark_contact=drop:10%:before", "\"before\" is not understood"),
            ("mark_contact=drop:after:10%", "\"10%\" is not understood"),
        ] {
            let error = Fault::parse_failure(text).unwrap_err();
            assert!(error.starts_with(text) && error.contains(expected), "{error}");
        }
    }
}
