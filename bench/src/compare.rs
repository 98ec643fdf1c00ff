//! Measuring two sides in turns and telling their ratio.
//!
//! A machine does other things too, and a database grows and tidies up. Both sides suffer alike when they take turns
//! of a few seconds; which one begins changes from pair to pair, so that nothing that grows steadily favours one. The
//! ratio is taken of each pair and the median of the ratios told, with the smallest and the largest.
//!
//! Where the database is what takes the time, that ratio hides what a side itself costs. So the processor time of this
//! process is told too, for each operation of a side; it hardly depends on what else the machine does.

use std::error::Error;
use std::fs;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// What can go wrong in a measurement. It ends the run: a side that fails now and then would look fast.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long and how often both sides are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Pairs of turns, one of each side.
    pub(crate) pairs: usize,
    /// How long a turn takes.
    pub(crate) turn: Duration,
    /// How long each side is put under load before the first turn.
    pub(crate) warm_up: Duration,
    /// How many operations are under way at once.
    pub(crate) tasks: usize,
}

/// One side of a comparison.
pub(crate) trait Side: Send + Sync + 'static {
    /// What tells the side in the table.
    const NAME: &'static str;

    /// Does the operation once, on behalf of the task of this number, for the `count`th time in this run.
    fn once(&self, task: usize, count: u64) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A side and how often each of its tasks has done its operation.
pub(crate) struct Contestant<S> {
    side: Arc<S>,
    counts: Arc<Vec<AtomicU64>>,
}

impl<S: Side> Contestant<S> {
    /// A side that has done nothing yet.
    pub(crate) fn new(side: S, plan: &Plan) -> Contestant<S> {
        let counts = (0..plan.tasks).map(|_| AtomicU64::new(0)).collect();
        Contestant { side: Arc::new(side), counts: Arc::new(counts) }
    }
}

/// Operations of one turn.
#[derive(Clone, Copy, Debug)]
struct Turn {
    operations: usize,
    per_second: f64,
    /// Of this process, in all of its threads.
    processor: Duration,
    /// Of an operation: half took no longer, 99 of 100 took no longer.
    median: Duration,
    slow: Duration,
}

/// Measures both sides in turns and prints what came out.
pub(crate) async fn compare<A: Side, B: Side>(
    what: &str,
    plan: &Plan,
    ours: &Contestant<A>,
    theirs: &Contestant<B>,
) -> Result<(), Failure> {
    println!(
        "\n## {what}\n\n{} at once; operations per second, and the time of one (half and 99 of 100 are faster)\n",
        plan.tasks
    );
    println!("| pair | {} | | {} | | ratio |\n| ---: | ---: | --- | ---: | --- | ---: |", A::NAME, B::NAME);
    if !plan.warm_up.is_zero() {
        turn(plan, ours, plan.warm_up).await?;
        turn(plan, theirs, plan.warm_up).await?;
    }
    let (mut ratios, mut our_turns, mut their_turns) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=plan.pairs {
        let (our, their) = if pair % 2 == 1 {
            let our = turn(plan, ours, plan.turn).await?;
            (our, turn(plan, theirs, plan.turn).await?)
        } else {
            let their = turn(plan, theirs, plan.turn).await?;
            (turn(plan, ours, plan.turn).await?, their)
        };
        let ratio = our.per_second / their.per_second;
        println!("| {pair} | {} | {} | {ratio:.3} |", our.cells(), their.cells());
        ratios.push(ratio);
        our_turns.push(our);
        their_turns.push(their);
    }
    println!();
    tell(A::NAME, &our_turns);
    tell(B::NAME, &their_turns);
    let ratio = Spread::of(ratios);
    println!("* ratio: median {:.3} ({:.3} to {:.3})", ratio.median, ratio.least, ratio.most);
    Ok(())
}

/// Prints what all turns of one side come to.
fn tell(name: &str, turns: &[Turn]) {
    let rate = Spread::of(turns.iter().map(|turn| turn.per_second).collect());
    let operations: usize = turns.iter().map(|turn| turn.operations).sum();
    let processor: Duration = turns.iter().map(|turn| turn.processor).sum();
    println!(
        "* {name}: median {:.0} a second ({:.0} to {:.0}), {:.0} microseconds of processor each",
        rate.median,
        rate.least,
        rate.most,
        processor.as_secs_f64() * 1e6 / operations as f64
    );
}

impl Turn {
    fn cells(&self) -> String {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        format!(
            "{:.0} | {:.1}, {:.1} ms",
            self.per_second,
            milliseconds(self.median),
            milliseconds(self.slow)
        )
    }
}

/// A median and how far the values lie from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one number.
    pub(crate) fn of(mut numbers: Vec<f64>) -> Spread {
        numbers.sort_unstable_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let median = match numbers.len() % 2 {
            0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
            _ => numbers[middle],
        };
        Spread { least: numbers[0], median, most: numbers[numbers.len() - 1] }
    }
}

/// Puts one side under load for this long.
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
async fn turn<S: Side>(plan: &Plan, of: &Contestant<S>, length: Duration) -> Result<Turn, Failure> {
    let mut tasks = JoinSet::new();
    let worked = processor_time()?;
    let begun = Instant::now();
    for task in 0..plan.tasks {
        let (side, counts) = (Arc::clone(&of.side), Arc::clone(&of.counts));
        tasks.spawn(async move {
            let mut times = Vec::new();
            loop {
                let before = Instant::now();
                if before.duration_since(begun) >= length {
                    return Ok::<_, Failure>(times);
                }
                let count = counts[task].fetch_add(1, Ordering::Relaxed);
                side.once(task, count).await?;
                times.push(before.elapsed());
            }
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        times.extend(ended??);
    }
    // Until the last answer: what was begun in this turn is counted in full and so is its time.
    let took = begun.elapsed();
    let processor = processor_time()?.saturating_sub(worked);
    times.sort_unstable();
    if times.is_empty() {
        return Err("a turn took no time".into());
    }
    Ok(Turn {
        operations: times.len(),
        per_second: times.len() as f64 / took.as_secs_f64(),
        processor,
        median: times[times.len() / 2],
        slow: times[times.len() * 99 / 100],
    })
}

/// The processor time of all threads of this process so far. Those that work live as long as the process does.
fn processor_time() -> Result<Duration, Failure> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread that has just ended has no file any more.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        // Time on a processor, time waiting for one, and a number of turns.
        let on_processor = text.split_whitespace().next().ok_or("an empty schedstat")?;
        nanoseconds += on_processor.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        let spread = |numbers: &[f64]| Spread::of(numbers.to_vec());
        assert_eq!(spread(&[3.0]), Spread { least: 3.0, median: 3.0, most: 3.0 });
        assert_eq!(spread(&[9.0, 1.0, 2.0]), Spread { least: 1.0, median: 2.0, most: 9.0 });
        assert_eq!(spread(&[4.0, 1.0, 2.0, 9.0]), Spread { least: 1.0, median: 3.0, most: 9.0 });
    }

    struct Sleeper(Duration);

    impl Side for Sleeper {
        const NAME: &'static str = "sleeper";

        async fn once(&self, _: usize, _: u64) -> Result<(), Failure> {
            tokio::time::sleep(self.0).await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_turn_counts_all_tasks() {
        let plan = Plan { pairs: 1, turn: Duration::from_millis(200), warm_up: Duration::ZERO, tasks: 4 };
        let sleeper = Contestant::new(Sleeper(Duration::from_millis(10)), &plan);
        let measured = turn(&plan, &sleeper, plan.turn).await.unwrap();
        // Four tasks of at most a hundred a second each.
        assert!(measured.per_second > 20.0 && measured.per_second <= 400.0, "{measured:?}");
        assert!(measured.median >= Duration::from_millis(10) && measured.slow >= measured.median);
    }
}
