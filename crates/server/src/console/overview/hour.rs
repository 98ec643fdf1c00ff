//! The last hour in steps of five minutes: the same as the plots, for those who read tables.

use crate::console::language::Language;
use crate::figures::SampleTime;

/// How many seconds a step lasts, and how many there are.
const STEP: u64 = 300;
const STEPS: u64 = 12;

/// The samples of one step.
pub(super) struct Step<'a, T> {
    /// For people, such as `5–10 min ago`.
    pub(super) label: String,
    /// Those that ended in it; none if nothing is known of it.
    pub(super) samples: Vec<&'a (SampleTime, T)>,
}

/// The steps of an hour, the last one first.
pub(super) fn steps<T>(language: Language, samples: &[(SampleTime, T)]) -> Vec<Step<'_, T>> {
    (0..STEPS)
        .map(|step| {
            let ages = step * STEP..(step + 1) * STEP;
            let label = language.fill("{}–{} min ago", &[&(ages.start / 60), &(ages.end / 60)]);
            let of_step = |(time, _): &&(SampleTime, T)| {
                let is_last = step + 1 == STEPS;
                ages.contains(&time.age.as_secs()) || is_last && time.age.as_secs() == ages.end
            };
            Step { label, samples: samples.iter().filter(of_step).collect() }
        })
        .collect()
}

impl<T> Step<'_, T> {
    /// How long the samples lasted together, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.samples.iter().map(|(time, _)| time.seconds).sum()
    }

    /// The sum of something.
    pub(super) fn sum(&self, pick: impl Fn(&T) -> u64) -> u64 {
        self.samples.iter().map(|(_, sample)| pick(sample)).sum()
    }

    /// The most of something; `None` if there was nothing to measure.
    pub(super) fn most(&self, pick: impl Fn(&T) -> Option<u64>) -> Option<u64> {
        self.samples.iter().filter_map(|(_, sample)| pick(sample)).max()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_sample_is_in_one_step() {
        let samples: Vec<(SampleTime, u64)> = [3_600, 3_300, 3_299, 300, 299, 0]
            .map(|age| {
                let age = Duration::from_secs(age);
                (SampleTime { age, seconds: 10.0, after_gap: false }, 1)
            })
            .to_vec();
        let steps = steps(Language::English, &samples);
        let counts: Vec<u64> = steps.iter().map(|step| step.sum(|one| *one)).collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(steps[1].label, "5–10 min ago");
        assert_eq!(
            (steps[0].seconds(), steps[0].most(|one| Some(*one)), steps[2].most(|one| Some(*one))),
            (20.0, Some(1), None)
        );
    }
}
