//! The report for people.

use std::fmt::Write;

use crate::bench::latencies::PERCENTILES;
use crate::bench::load::REQUEST_LIMIT;
use crate::bench::report::{Report, requests};
use crate::bench::tally::KindTally;

/// The longest bar of a histogram, in characters.
const BAR: u64 = 50;

/// The whole report.
pub(crate) fn write(report: &Report) -> String {
    let mut text = settings(report);
    text.push_str(&table(report));
    for (name, tally) in report.kinds.iter().filter(|(name, _)| *name != "all") {
        text.push_str(&histogram(name, tally));
    }
    text.push_str(&failures(report));
    text.push('\n');
    text.push_str(&reading(report));
    for warning in report.warnings() {
        let _ = writeln!(text, "warning: {warning}");
    }
    text
}

fn settings(report: &Report) -> String {
    let settings = &report.settings;
    let pace = match settings.rate {
        0 => "as fast as answers come".to_owned(),
        rate => format!("{rate} requests/s by schedule"),
    };
    format!(
        "server     {}, application {}\n\
         work       {} on {} users {}…\n\
         load       {} clients, {pace}\n\
         measured   {:.1} s after {} s of warm-up\n\n",
        settings.url,
        settings.sdkappid,
        settings.work_name(),
        settings.users,
        settings.prefix,
        settings.clients,
        report.elapsed_s,
        settings.warm_up,
    )
}

fn table(report: &Report) -> String {
    let mut text = format!("{:<7}{:>10}{:>12}{:>9}", "", "requests", "requests/s", "failed");
    for (_, name) in PERCENTILES {
        let _ = write!(text, "{:>10}", name.replace('_', "."));
    }
    let _ = writeln!(text, "{:>10}", "max");
    for (name, tally) in &report.kinds {
        let rate = report.requests_per_s(tally);
        let _ = write!(text, "{name:<7}{:>10}{rate:>12.1}{:>9}", requests(tally), tally.failed());
        for (quantile, _) in PERCENTILES {
            let _ = write!(text, "{:>10}", time(tally.latencies.quantile_us(quantile)));
        }
        let _ = writeln!(text, "{:>10}", time(tally.latencies.max_us()));
    }
    text
}

fn histogram(name: &str, tally: &KindTally) -> String {
    let steps = tally.latencies.steps();
    let most = steps.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let mut text = format!("\n{name}, requests by latency\n");
    for (up_to_us, count) in steps {
        // One request among millions shall be seen too.
        let bar = "#".repeat((count * BAR).div_ceil(most) as usize);
        let _ = writeln!(text, "  to {:>8}{count:>10}  {bar}", whole(up_to_us));
    }
    text
}

fn failures(report: &Report) -> String {
    let mut text = String::new();
    for (name, tally) in report.kinds.iter().filter(|(name, _)| *name != "all") {
        for (trouble, count) in &tally.failures {
            if text.is_empty() {
                text.push_str("\nfailures\n");
            }
            let _ = writeln!(text, "  {name:<7}{count:>9} x {trouble}: {}", trouble.meaning());
        }
    }
    text
}

/// How the figures are meant.
fn reading(report: &Report) -> String {
    let mut text = match &report.late {
        None => "Latencies begin with the sending (closed loop). A client that waits for an answer asks for nothing else, \
                 so a stall\nof the server counts once for each client, however long it is; with --rate it counts in \
                 full.\n"
            .to_owned(),
        Some(late) => format!(
            "Latencies begin with the moment at which a request was due, so waiting for a free client is part of them.\n\
             Requests were sent {} (p50), {} (p99), {} (max) after it.\n",
            time(late.quantile_us(0.5)),
            time(late.quantile_us(0.99)),
            time(late.max_us()),
        ),
    };
    if report.kinds.iter().any(|(_, tally)| tally.failed() > 0) {
        let limit = REQUEST_LIMIT.as_secs();
        let _ = writeln!(
            text,
            "Latencies are of requests that succeeded. The time limit of a request is {limit} s."
        );
    }
    if let Some(share) = report.processor {
        let _ = write!(text, "The generator used {:.0} % of one processor", share * 100.0);
        text.push_str(&match report.waited {
            Some(waited) => format!(", and waited for one {:.0} % of the time.\n", waited * 100.0),
            None => ".\n".to_owned(),
        });
    }
    text
}

/// A time in three or four digits.
fn time(us: f64) -> String {
    match us {
        ..1_000.0 => format!("{us:.0} us"),
        ..10_000.0 => format!("{:.2} ms", us / 1e3),
        ..100_000.0 => format!("{:.1} ms", us / 1e3),
        ..10_000_000.0 => format!("{:.0} ms", us / 1e3),
        _ => format!("{:.1} s", us / 1e6),
    }
}

/// A time that is a whole number of its unit.
fn whole(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} us"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{} s", us / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::args::Work;
    use crate::bench::report::sample;

    #[test]
    fn a_closed_loop() {
        expect![[r#"
            server     http://127.0.0.1:8080, application 1400000000
            work       mixed on 1000 users bench_…
            load       16 clients, as fast as answers come
            measured   2.0 s after 1 s of warm-up

                     requests  requests/s   failed       p50       p90       p99     p99.9       max
            search       1000       500.0        0    150 us    190 us    199 us    199 us    200 us
            mark           92        46.0        2   3.00 ms   3.00 ms   3.00 ms   3.00 ms   3.00 ms
            all          1092       546.0        2    154 us    198 us   3.00 ms   3.00 ms   3.00 ms

            search, requests by latency
              to   100 us         9  #
              to   200 us       991  ##################################################

            mark, requests by latency
              to     5 ms        90  ##################################################

            failures
              mark           1 x timed_out: no answer in time
              mark           1 x 50004: Internal error; try again.

            Latencies begin with the sending (closed loop). A client that waits for an answer asks for nothing else, so a stall
            of the server counts once for each client, however long it is; with --rate it counts in full.
            Latencies are of requests that succeeded. The time limit of a request is 5 s.
            The generator used 25 % of one processor, and waited for one 5 % of the time.
        "#]].assert_eq(&write(&sample::report(Work::Mixed, 0)));
    }

    #[test]
    fn a_rate() {
        expect![[r#"
            server     http://127.0.0.1:8080, application 1400000000
            work       search on 1000 users bench_…
            load       16 clients, 500 requests/s by schedule
            measured   2.0 s after 1 s of warm-up

                     requests  requests/s   failed       p50       p90       p99     p99.9       max
            search       1000       500.0        0    150 us    190 us    199 us    199 us    200 us

            search, requests by latency
              to   100 us         9  #
              to   200 us       991  ##################################################

            Latencies begin with the moment at which a request was due, so waiting for a free client is part of them.
            Requests were sent 60 us (p50), 60 us (p99), 60 us (max) after it.
            The generator used 53 % of one processor, and waited for one 30 % of the time.
            warning: the run was stopped before its end
            warning: the generator was hardly ever idle, so it may be itself that it has measured: load from another machine, or, where processors are idle, by several runs at once, with a --prefix each
            warning: 5 requests were due and never sent, for all clients were waiting for answers: the server does not keep up with the rate, or there are too few --clients
        "#]].assert_eq(&write(&sample::report(Work::Search, 500)));
    }

    #[test]
    fn times_have_their_units() {
        let times = [0.0, 7.4, 999.0, 1_000.0, 12_340.0, 123_400.0, 1_234_000.0, 12_340_000.0].map(time);
        assert_eq!(times, ["0 us", "7 us", "999 us", "1.00 ms", "12.3 ms", "123 ms", "1234 ms", "12.3 s"]);
        assert_eq!([500, 2_000, 5_000_000].map(whole), ["500 us", "2 ms", "5 s"]);
    }
}
