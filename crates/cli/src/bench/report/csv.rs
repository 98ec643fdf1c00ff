//! The report as CSV: a line for each kind of request and percentile. 100 is the maximum.

use std::fmt::Write;

use crate::bench::latencies::PERCENTILES;
use crate::bench::report::{Report, requests, tenth};

/// All lines, the names of the fields first. No value holds a comma or a quote.
pub(crate) fn write(report: &Report) -> String {
    let mut text = "kind,requests,failed,requests_per_s,percentile,latency_us\n".to_owned();
    for (name, tally) in &report.kinds {
        let latencies = &tally.latencies;
        let percentiles =
            PERCENTILES.iter().map(|(quantile, _)| (*quantile, latencies.quantile_us(*quantile)));
        for (quantile, latency_us) in percentiles.chain([(1.0, latencies.max_us())]) {
            let _ = writeln!(
                text,
                "{name},{},{},{},{},{}",
                requests(tally),
                tally.failed(),
                tenth(report.requests_per_s(tally)),
                tenth(quantile * 100.0),
                tenth(latency_us),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::args::Work;
    use crate::bench::report::sample;

    #[test]
    fn a_line_for_each_percentile() {
        expect![[r#"
            kind,requests,failed,requests_per_s,percentile,latency_us
            search,1000,0,500,50,150
            search,1000,0,500,90,190.1
            search,1000,0,500,99,199
            search,1000,0,500,99.9,199
            search,1000,0,500,100,200.1
            mark,92,2,46,50,3000.3
            mark,92,2,46,90,3000.3
            mark,92,2,46,99,3000.3
            mark,92,2,46,99.9,3000.3
            mark,92,2,46,100,3000.3
            all,1092,2,546,50,154.1
            all,1092,2,546,90,198
            all,1092,2,546,99,3000.3
            all,1092,2,546,99.9,3000.3
            all,1092,2,546,100,3000.3
        "#]]
        .assert_eq(&write(&sample::report(Work::Mixed, 0)));
    }
}
