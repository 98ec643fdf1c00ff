//! What a run has found: comparisons with their pairs, and facts; as Markdown while it goes, and as JSON at its end.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::compare::{Failure, Spread};
use crate::figures::Figures;
use crate::machine::Machine;

/// Everything that a run has found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Where.
    pub(crate) machine: Machine,
    /// Pairs of turns, and the seconds of a turn.
    pub(crate) pairs: usize,
    /// Seconds of a turn.
    pub(crate) seconds: f64,
    /// Sides measured in turns.
    pub(crate) comparisons: Vec<Comparison>,
    /// What has no other side.
    pub(crate) facts: Vec<Fact>,
}

/// Sides that were measured in turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// What they did.
    pub(crate) title: String,
    /// What the ratios are of.
    pub(crate) measure: Measure,
    /// The first is compared with each of the others.
    pub(crate) sides: Vec<Side>,
    /// One for each of the others.
    pub(crate) ratios: Vec<Ratio>,
}

/// What a ratio is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Measure {
    /// Operations a second: more is better.
    Rate,
    /// The median time of the first kind of request: less is better.
    Median,
    /// Processor time of the server for each operation: less is better.
    Processor,
}

/// One side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Side {
    /// Its name.
    pub(crate) name: String,
    /// In order.
    pub(crate) turns: Vec<Figures>,
}

/// The first side compared with another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ratio {
    /// The other side.
    pub(crate) to: String,
    /// One for each pair.
    pub(crate) pairs: Vec<f64>,
    /// What it should be.
    pub(crate) target: Option<Target>,
}

/// What a number should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
}

/// A number without another side, measured once or more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fact {
    /// What was measured.
    pub(crate) title: String,
    /// What the numbers count.
    pub(crate) unit: String,
    /// One for each measurement.
    pub(crate) values: Vec<f64>,
    /// What it should be.
    pub(crate) target: Option<Target>,
}

impl Report {
    /// Nothing found yet.
    pub(crate) fn new(machine: Machine, pairs: usize, seconds: f64) -> Report {
        println!("* processor: {}, {} of them", machine.processor, machine.processors);
        println!("* memory: {} MiB; kernel {}", machine.memory_mib, machine.kernel);
        println!("* disk: {:.0} syncs of 4 KiB a second, one after the other", machine.syncs_per_second);
        println!("* load before the run: {}; {pairs} pairs of {seconds} s each", machine.load);
        Report { machine, pairs, seconds, comparisons: Vec::new(), facts: Vec::new() }
    }

    /// Keeps and prints a comparison.
    pub(crate) fn add(&mut self, comparison: Comparison) {
        comparison.print();
        self.comparisons.push(comparison);
    }

    /// Keeps and prints a fact.
    pub(crate) fn fact(&mut self, title: &str, unit: &str, values: Vec<f64>, target: Option<Target>) {
        let spread = Spread::of(values.clone());
        let verdict = target.map_or(String::new(), |target| format!("; {}", target.judge(spread.median)));
        println!("* {title}: {} {unit}{verdict}", spread.words());
        self.facts.push(Fact { title: title.to_owned(), unit: unit.to_owned(), values, target });
    }

    /// Writes everything to a file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }

    /// Reads what [`Report::write`] wrote.
    pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Target {
    /// Whether a number is as it should be, in words.
    pub(crate) fn judge(self, number: f64) -> String {
        let (words, wanted, met) = match self {
            Target::AtLeast(least) => ("at least", least, number >= least),
            Target::AtMost(most) => ("at most", most, number <= most),
        };
        format!("target {words} {wanted}: {}", if met { "met" } else { "**missed**" })
    }
}

impl Measure {
    /// What counts of a turn.
    pub(crate) fn of(self, figures: &Figures) -> f64 {
        match self {
            Measure::Rate => figures.per_second,
            Measure::Median => figures.latencies.first().map_or(0.0, |latency| latency.p50_us),
            Measure::Processor => figures.processor_us.unwrap_or(0.0),
        }
    }

    /// What it is counted in.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Measure::Rate => "a second",
            Measure::Median => "µs (median)",
            Measure::Processor => "µs of processor",
        }
    }
}

impl Comparison {
    /// Compares the first side with the others, turn by turn.
    pub(crate) fn new(
        title: &str,
        measure: Measure,
        sides: Vec<Side>,
        targets: &[Option<Target>],
    ) -> Comparison {
        let mut ratios = Vec::new();
        for (side, target) in sides[1..].iter().zip(targets) {
            let turns = sides[0].turns.iter().zip(&side.turns);
            let pairs = turns.map(|(ours, theirs)| measure.of(ours) / measure.of(theirs)).collect();
            ratios.push(Ratio { to: side.name.clone(), pairs, target: *target });
        }
        Comparison { title: title.to_owned(), measure, sides, ratios }
    }

    fn print(&self) {
        println!("\n### {}\n", self.title);
        println!(
            "| side | {} | p50, p99 of each kind | processor each | ratio to it | |",
            self.measure.unit()
        );
        println!("| --- | ---: | --- | ---: | ---: | --- |");
        for (number, side) in self.sides.iter().enumerate() {
            let values = Spread::of(side.turns.iter().map(|turn| self.measure.of(turn)).collect());
            let ratio = number.checked_sub(1).and_then(|number| self.ratios.get(number));
            let (ratio, verdict) = ratio.map_or((String::new(), String::new()), Ratio::words);
            println!(
                "| {} | {} | {} | {} | {ratio} | {verdict} |",
                side.name,
                values.words(),
                times(&side.turns),
                processor(&side.turns)
            );
        }
        println!();
    }
}

impl Ratio {
    /// The ratio and its spread, and whether it is as it should be.
    pub(crate) fn words(&self) -> (String, String) {
        let spread = Spread::of(self.pairs.clone());
        let words = format!("**{:.2}** ({:.2} to {:.2})", spread.median, spread.least, spread.most);
        (words, self.target.map_or(String::new(), |target| target.judge(spread.median)))
    }
}

impl Spread {
    /// The median and both ends, with as many digits as tell something.
    pub(crate) fn words(self) -> String {
        let digits = if self.median >= 100.0 { 0 } else { 2 };
        if self.least == self.most {
            return format!("{:.digits$}", self.median);
        }
        format!("{:.digits$} ({:.digits$} to {:.digits$})", self.median, self.least, self.most)
    }
}

/// The medians, over all turns, of the median and of the 99th percentile of each kind of request.
fn times(turns: &[Figures]) -> String {
    let kinds = turns.iter().map(|turn| turn.latencies.len()).min().unwrap_or(0);
    let mut words = Vec::new();
    for kind in 0..kinds {
        let middle = |value: fn(&crate::figures::Latency) -> f64| {
            Spread::of(turns.iter().map(|turn| value(&turn.latencies[kind])).collect()).median
        };
        words.push(format!(
            "{:.0}, {:.0} µs",
            middle(|latency| latency.p50_us),
            middle(|latency| latency.p99_us)
        ));
    }
    words.join("; ")
}

fn processor(turns: &[Figures]) -> String {
    let times: Vec<f64> = turns.iter().filter_map(|turn| turn.processor_us).collect();
    if times.is_empty() {
        return String::new();
    }
    format!("{:.1} µs", Spread::of(times).median)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn side(name: &str, rates: [u64; 3]) -> Side {
        let turn = |rate| Figures::new(rate, Duration::from_secs(1), Vec::new());
        Side { name: name.to_owned(), turns: rates.map(turn).to_vec() }
    }

    #[test]
    fn ratios_are_of_neighbouring_turns() {
        let sides = vec![side("ours", [10, 40, 90]), side("theirs", [10, 20, 30])];
        let made = Comparison::new("t", Measure::Rate, sides, &[Some(Target::AtLeast(2.0))]);
        assert_eq!(made.ratios[0].pairs, [1.0, 2.0, 3.0]);
        let (ratio, verdict) = made.ratios[0].words();
        assert_eq!(ratio, "**2.00** (1.00 to 3.00)");
        assert_eq!(verdict, "target at least 2: met");
        assert_eq!(Target::AtMost(1.5).judge(2.0), "target at most 1.5: **missed**");
    }
}
