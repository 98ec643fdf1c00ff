//! How far a long command has come, on a terminal: a bar with the rate and the time left. Elsewhere nothing is shown.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar moves that shows nothing but that something goes on.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// A bar of `total` of what `unit` names, or of as many as there turn out to be.
pub(crate) fn bar(total: Option<u64>, unit: &str) -> ProgressBar {
    // Hidden by itself where stderr is no terminal.
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = match (total, unit) {
        (Some(_), "bytes") => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left {msg}".to_owned(),
        (Some(_), unit) => {
            format!("{{bar:30}} {{human_pos}}/{{human_len}} {unit} {{per_sec}}, {{eta}} left {{msg}}")
        }
        (None, "") => "{spinner} {msg}".to_owned(),
        (None, unit) => format!("{{spinner}} {{human_pos}} {unit} {{per_sec}} {{msg}}"),
    };
    let style = ProgressStyle::with_template(&template).expect("the templates are valid");
    bar.set_style(style);
    bar
}
