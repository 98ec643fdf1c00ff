//! Dashboard and alerts: that Prometheus understands them, that every alert is tried out and explained, and which
//! metrics they lean on.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use foldmark_harness::fetch;
use serde_json::Value;

use super::deb::output;
use super::target_folder;
use crate::run::{Outcome, run, say, workspace};

const DASHBOARD: &str = "deploy/grafana/foldmark.json";
const ALERTS: &str = "deploy/prometheus/alerts.yml";
const ALERT_TESTS: &str = "deploy/prometheus/alerts_test.yml";
const RUNBOOK: &str = "docs/OPERATIONS.md";

/// What a server tells once it has made a backup, which this one is not told to do.
const AWAITED: [&str; 1] = ["foldmark_backup_last_success_timestamp_seconds"];

/// How long a server may take to give its figures.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the names of our metrics begin with; the others, such as `up`, are Prometheus' own.
const PREFIXES: [&str; 2] = ["foldmark_", "process_"];

/// Checks both files.
pub(super) fn check() -> Outcome {
    alerts_are_tested_and_explained()?;
    let promtool = promtool()?;
    say(output(Command::new(&promtool).args(["check", "rules"]).arg(path(ALERTS)))?.trim_end());
    say(output(Command::new(&promtool).args(["test", "rules"]).arg(path(ALERT_TESTS)))?.trim_end());
    dashboard_is_understood(&promtool)?;
    let names = metric_names()?;
    say(&format!("dashboard and alerts use {} metrics", names.len()));
    Ok(())
}

/// The names of all metrics that the dashboard and the alerts use, as they stand there: those of histograms end with
/// `_bucket`, `_sum` or `_count`.
pub(crate) fn metric_names() -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for expression in dashboard_expressions(&read(DASHBOARD)?)? {
        names.extend(names_in(&expression));
    }
    // Nothing else in that file looks like one.
    names.extend(names_in(&read(ALERTS)?));
    Ok(names)
}

/// Compares the names with the figures of the running server whose admin listener is at `address`.
pub(super) fn compare_with(address: &str) -> Outcome {
    let served = names_served(&get(address, "/metrics")?);
    let missing: Vec<String> = metric_names()?.into_iter().filter(|name| !served.contains(name)).collect();
    match missing == AWAITED {
        true => Ok(()),
        false => Err(format!("dashboard and alerts use what no server has: {}", missing.join(", "))),
    }
}

/// The names of all samples that a server gives or may give, by the types that it tells: a counter without any sample yet,
/// since its labels have no values yet, is known too.
fn names_served(figures: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in figures.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["#", "TYPE", name, kind] = words[..] else { continue };
        let suffixes: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            _ => &[""],
        };
        names.extend(suffixes.iter().map(|suffix| format!("{name}{suffix}")));
    }
    names
}

/// What a server answers at `path`.
fn get(address: &str, path: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("http://{address}{path}: {error}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    match answer.starts_with("HTTP/1.1 200 ") {
        true => Ok(answer),
        false => Err(format!("http://{address}{path} answered {answer}")),
    }
}

/// The words of a text that begin as our metrics do.
fn names_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let ours = words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)));
    ours.map(str::to_owned)
}

/// Everything that the dashboard asks Prometheus, panel by panel.
fn dashboard_expressions(text: &str) -> Result<Vec<String>, String> {
    let dashboard: Value = serde_json::from_str(text).map_err(|error| format!("{DASHBOARD}: {error}"))?;
    let panels = dashboard["panels"].as_array().ok_or_else(|| format!("{DASHBOARD} has no panels"))?;
    let mut expressions = Vec::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap_or_default();
        let targets = panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        if targets.is_empty() && panel["type"] != "row" {
            return Err(format!("{DASHBOARD}: the panel {title:?} asks nothing"));
        }
        for target in targets {
            let expression = target["expr"].as_str();
            expressions
                .push(expression.ok_or_else(|| format!("{DASHBOARD}: {title:?} has no expr"))?.to_owned());
        }
    }
    Ok(expressions)
}

/// Has Prometheus read all expressions of the dashboard, as rules.
fn dashboard_is_understood(promtool: &Path) -> Outcome {
    let mut rules = "groups:\n- name: dashboard\n  rules:\n".to_owned();
    let expressions = dashboard_expressions(&read(DASHBOARD)?)?;
    for (number, expression) in expressions.iter().enumerate() {
        // Grafana fills these in.
        let expression = expression.replace("$__rate_interval", "5m").replace("$instance", ".*");
        rules += &format!("  - record: panel_{number}\n    expr: |\n      {expression}\n");
    }
    let file = std::env::temp_dir().join(format!("foldmark-dashboard-{}.yml", std::process::id()));
    fs::write(&file, rules).map_err(|error| format!("{}: {error}", file.display()))?;
    let checked = output(Command::new(promtool).args(["check", "rules"]).arg(&file));
    fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    checked.map(|_| ())
}

/// An alert that never fired in a test may never fire at all, and one that nobody explains is switched off at night.
fn alerts_are_tested_and_explained() -> Outcome {
    let (alerts, tests, runbook) = (read(ALERTS)?, read(ALERT_TESTS)?, read(RUNBOOK)?);
    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    if names.is_empty() {
        return Err(format!("{ALERTS} has no alerts"));
    }
    for name in names {
        if !tests.contains(&format!("        alertname: {name}\n        exp_alerts:\n          - ")) {
            return Err(format!("{ALERT_TESTS} does not make {name} fire"));
        }
        if !runbook.contains(&format!("| `{name}` |")) {
            return Err(format!("{RUNBOOK} does not say what to do about {name}"));
        }
    }
    Ok(())
}

/// Prometheus' own checker, from Debian's package if this machine has none. The package is unpacked and not installed, since
/// it would start a Prometheus.
fn promtool() -> Result<PathBuf, String> {
    let installed = PathBuf::from("promtool");
    if Command::new(&installed).arg("--version").output().is_ok() {
        return Ok(installed);
    }
    let folder = target_folder().join("tools");
    let unpacked = folder.join("usr/bin/promtool");
    if !unpacked.exists() {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        fetch("Debian's prometheus", || {
            run("apt-get update -q")?;
            output(Command::new("apt-get").args(["download", "prometheus"]).current_dir(&folder)).map(drop)
        })?;
        // Moved into place, so that what is there is whole.
        let script = "for deb in prometheus_*.deb; do dpkg-deb --extract \"$deb\" unpacked; done\n\
                      rm -rf usr; mv unpacked/usr usr; rm -rf unpacked";
        output(Command::new("sh").args(["-euc", script]).current_dir(&folder))?;
    }
    Ok(unpacked)
}

fn path(file: &str) -> String {
    format!("{}/{file}", workspace())
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(path(file)).map_err(|error| format!("{file}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_within_expressions() {
        let text =
            r#"rate(foldmark_x_bucket{le="1",call=~"a_b"}[5m]) / up{job="foldmark"} > process_open_fds"#;
        let names: Vec<String> = names_in(text).collect();
        assert_eq!(names, ["foldmark_x_bucket", "process_open_fds"]);
    }

    #[test]
    fn names_served_are_those_of_samples() {
        let figures = "# HELP a x\n# TYPE a counter\na_total{x=\"1\"} 1\n# TYPE b histogram\n# TYPE c gauge\nc 1\n# EOF\n";
        let names: Vec<String> = names_served(figures).into_iter().collect();
        assert_eq!(names, ["a_total", "b_bucket", "b_count", "b_sum", "c"]);
    }

    #[test]
    fn panels_must_ask_something() {
        let good = r#"{"panels":[{"type":"row","title":"r"},{"type":"stat","targets":[{"expr":"a"},{"expr":"b"}]}]}"#;
        assert_eq!(dashboard_expressions(good), Ok(vec!["a".to_owned(), "b".to_owned()]));
        let empty = r#"{"panels":[{"type":"stat","title":"t","targets":[]}]}"#;
        assert!(dashboard_expressions(empty).unwrap_err().contains("\"t\""));
        assert!(dashboard_expressions("{").is_err());
    }

    #[test]
    fn dashboard_and_alerts_name_metrics() {
        let names = metric_names().unwrap();
        assert!(names.contains("foldmark_store_ready") && names.contains("process_start_time_seconds"));
        assert!(names.contains("foldmark_request_duration_seconds_bucket"), "{names:?}");
    }

    #[test]
    fn every_alert_is_tested_and_explained() {
        assert_eq!(alerts_are_tested_and_explained(), Ok(()));
    }
}
