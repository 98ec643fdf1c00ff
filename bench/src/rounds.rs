//! Measuring several sides in turns.
//!
//! In each round every side has one turn, and the order is turned round from round to round (A B C, C B A, …), so that
//! nothing that grows or fades steadily favours a side. The ratio of a round is that of its own turns.

use std::time::Duration;

use crate::compare::Failure;
use crate::figures::Figures;
use crate::report::{Comparison, Measure, Side, Target};

/// A side that can be put under load for some time.
pub(crate) struct Contestant<'a> {
    name: String,
    target: Option<Target>,
    turn: Box<dyn FnMut(Duration) -> Result<Figures, Failure> + 'a>,
}

impl<'a> Contestant<'a> {
    /// A side; the first one of a comparison has no target.
    pub(crate) fn new(
        name: &str,
        target: Option<Target>,
        turn: impl FnMut(Duration) -> Result<Figures, Failure> + 'a,
    ) -> Contestant<'a> {
        Contestant { name: name.to_owned(), target, turn: Box::new(turn) }
    }
}

/// Puts each side under load once to warm it up, and then in so many rounds of turns of this length.
pub(crate) fn measure(
    title: &str,
    measure: Measure,
    rounds: usize,
    length: Duration,
    mut contestants: Vec<Contestant<'_>>,
) -> Result<Comparison, Failure> {
    let mut sides = Vec::new();
    for contestant in &mut contestants {
        (contestant.turn)(length).map_err(|error| format!("{}: {error}", contestant.name))?;
        sides.push(Side { name: contestant.name.clone(), turns: Vec::new() });
    }
    for round in 0..rounds {
        for at in 0..contestants.len() {
            let at = if round % 2 == 0 { at } else { contestants.len() - 1 - at };
            let contestant = &mut contestants[at];
            let figures = (contestant.turn)(length);
            sides[at].turns.push(figures.map_err(|error| format!("{}: {error}", contestant.name))?);
        }
    }
    let targets: Vec<Option<Target>> = contestants[1..].iter().map(|other| other.target).collect();
    Ok(Comparison::new(title, measure, sides, &targets))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_order_is_turned_round() {
        let order = RefCell::new(String::new());
        let side = |name: &'static str| {
            let order = &order;
            Contestant::new(name, None, move |length| {
                order.borrow_mut().push_str(name);
                Ok(Figures::new(1, length, Vec::new()))
            })
        };
        let contestants = vec![side("a"), side("b"), side("c")];
        let made = measure("t", Measure::Rate, 3, Duration::from_secs(1), contestants).unwrap();
        assert_eq!(*order.borrow(), "abcabccbaabc");
        assert_eq!(made.ratios.len(), 2);
        assert_eq!(made.ratios[0].pairs, [1.0, 1.0, 1.0]);
    }
}
