//! The report as one JSON object, with all numbers and the whole histograms.

use serde_json::{Map, Value, json};

use crate::bench::latencies::PERCENTILES;
use crate::bench::report::{Report, requests, tenth};
use crate::bench::tally::KindTally;

/// The object, in one line.
pub(crate) fn write(report: &Report) -> String {
    let settings = &report.settings;
    let mut kinds = Map::new();
    for (name, tally) in &report.kinds {
        kinds.insert((*name).to_owned(), kind(report, tally));
    }
    let late = report.late.as_ref().map(|late| {
        json!({
            "p50_us": tenth(late.quantile_us(0.5)),
            "p99_us": tenth(late.quantile_us(0.99)),
            "max_us": tenth(late.max_us()),
        })
    });
    let object = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "settings": {
            "url": settings.url,
            "sdkappid": settings.sdkappid,
            "work": settings.work_name(),
            "clients": settings.clients,
            "seconds": settings.seconds,
            "warm_up_s": settings.warm_up,
            "rate_per_s": settings.rate,
            "users": settings.users,
            "prefix": settings.prefix,
        },
        "elapsed_s": report.elapsed_s,
        "stopped": report.stopped,
        "latencies_from": settings.latencies_from(),
        "sent_late": late,
        "unsent": report.unsent,
        "generator_processor_share": report.processor.map(thousandth),
        "generator_wait_share": report.waited.map(thousandth),
        "warnings": report.warnings(),
        "kinds": kinds,
    });
    object.to_string() + "\n"
}

fn thousandth(share: f64) -> f64 {
    (share * 1e3).round() / 1e3
}

fn kind(report: &Report, tally: &KindTally) -> Value {
    let mut object = Map::new();
    object.insert("requests".to_owned(), requests(tally).into());
    object.insert("succeeded".to_owned(), tally.latencies.len().into());
    object.insert("failed".to_owned(), tally.failed().into());
    object.insert("requests_per_s".to_owned(), tenth(report.requests_per_s(tally)).into());
    for (quantile, name) in PERCENTILES {
        object.insert(format!("{name}_us"), tenth(tally.latencies.quantile_us(quantile)).into());
    }
    object.insert("max_us".to_owned(), tenth(tally.latencies.max_us()).into());
    let failures = tally.failures.iter().map(|(trouble, count)| (trouble.to_string(), (*count).into()));
    object.insert("failures".to_owned(), Value::Object(failures.collect()));
    let buckets = tally.latencies.buckets();
    let buckets =
        buckets.into_iter().map(|(up_to, count)| json!({ "up_to_us": tenth(up_to), "count": count }));
    object.insert("buckets".to_owned(), buckets.collect());
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::args::Work;
    use crate::bench::report::sample;

    #[test]
    fn all_numbers_and_the_histogram() {
        let text = write(&sample::report(Work::Mixed, 0));
        assert_eq!(text.lines().count(), 1);
        let mut object: Value = serde_json::from_str(&text).unwrap();
        let kinds = object["kinds"].as_object_mut().unwrap();
        for (name, count) in [("search", 1_000), ("mark", 90), ("all", 1_090)] {
            let buckets = kinds[name].as_object_mut().unwrap().remove("buckets").unwrap();
            let buckets = buckets.as_array().unwrap();
            assert_eq!(buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap()).sum::<u64>(), count);
            assert!(buckets.iter().map(|bucket| bucket["up_to_us"].as_f64().unwrap()).is_sorted(), "{name}");
        }
        expect![[r#"
            {
              "version": "0.1.0",
              "settings": {
                "url": "http://127.0.0.1:8080",
                "sdkappid": 1400000000,
                "work": "mixed",
                "clients": 16,
                "seconds": 2,
                "warm_up_s": 1,
                "rate_per_s": 0,
                "users": 1000,
                "prefix": "bench_"
              },
              "elapsed_s": 2.0,
              "stopped": false,
              "latencies_from": "sent",
              "sent_late": null,
              "unsent": 0,
              "generator_processor_share": 0.25,
              "generator_wait_share": 0.05,
              "warnings": [],
              "kinds": {
                "search": {
                  "requests": 1000,
                  "succeeded": 1000,
                  "failed": 0,
                  "requests_per_s": 500.0,
                  "p50_us": 150.0,
                  "p90_us": 190.1,
                  "p99_us": 199.0,
                  "p99_9_us": 199.0,
                  "max_us": 200.1,
                  "failures": {}
                },
                "mark": {
                  "requests": 92,
                  "succeeded": 90,
                  "failed": 2,
                  "requests_per_s": 46.0,
                  "p50_us": 3000.3,
                  "p90_us": 3000.3,
                  "p99_us": 3000.3,
                  "p99_9_us": 3000.3,
                  "max_us": 3000.3,
                  "failures": {
                    "timed_out": 1,
                    "50004": 1
                  }
                },
                "all": {
                  "requests": 1092,
                  "succeeded": 1090,
                  "failed": 2,
                  "requests_per_s": 546.0,
                  "p50_us": 154.1,
                  "p90_us": 198.0,
                  "p99_us": 3000.3,
                  "p99_9_us": 3000.3,
                  "max_us": 3000.3,
                  "failures": {
                    "timed_out": 1,
                    "50004": 1
                  }
                }
              }
            }"#]]
        .assert_eq(&format!("{object:#}"));
    }

    #[test]
    fn with_a_rate_lateness_is_told() {
        let object: Value = serde_json::from_str(&write(&sample::report(Work::Search, 500))).unwrap();
        assert_eq!(object["latencies_from"], "scheduled");
        assert_eq!(object["sent_late"]["p99_us"], 60.0);
        assert_eq!((object["unsent"].as_u64(), object["stopped"].as_bool()), (Some(5), Some(true)));
        assert_eq!(object["warnings"].as_array().unwrap().len(), 3);
        assert!(object["kinds"].get("mark").is_none() && object["kinds"].get("all").is_none());
    }
}
