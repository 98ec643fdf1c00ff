//! Lines over the last hour, drawn on the server.
//!
//! A plot is stretched to the width that it gets, so that its labels are not part of the picture but stand around it as
//! text. What it shows is said in words too, and every page has the same figures in a table. Lines differ in how they
//! are dashed, not in colour alone. Where nothing is known there is no line.

use std::fmt::Write;

/// How many seconds a plot reaches back, which is its width.
const SECONDS: u64 = 3_600;
/// Its height.
const HEIGHT: f64 = 100.0;

/// One picture.
#[derive(Debug)]
pub(super) struct Plot {
    /// What is shown, and in which unit.
    pub(super) title: String,
    /// The same in words.
    pub(super) summary: String,
    pub(super) series: Vec<Series>,
    /// The labels beside it, from the top to the bottom.
    pub(super) scale: [String; 3],
    /// Whether there is anything to see.
    pub(super) is_empty: bool,
}

/// One line.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) label: String,
    /// What the line is made of, as SVG has it.
    pub(super) path: String,
}

/// What a line goes through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Seconds before now.
    pub(super) age: u64,
    /// Whether it is not known what happened just before.
    pub(super) after_gap: bool,
    /// Whether it is what is now.
    pub(super) is_now: bool,
    /// `None`: there was nothing to measure.
    pub(super) value: Option<f64>,
}

impl Plot {
    /// A picture of these lines; `name` writes a value with its unit.
    pub(super) fn new(
        title: &str,
        series: Vec<(&str, Vec<Point>)>,
        name: impl Fn(f64) -> String,
        words: impl FnOnce(&str, &str) -> String,
    ) -> Plot {
        let values = || series.iter().flat_map(|(_, points)| points.iter().filter_map(|point| point.value));
        let highest = values().fold(0.0, f64::max);
        let latest = series.first().and_then(|(_, points)| points.last().filter(|point| point.is_now)?.value);
        let top = top(highest);
        Plot {
            title: title.to_owned(),
            summary: words(&latest.map_or_else(|| "–".to_owned(), &name), &name(highest)),
            is_empty: values().next().is_none(),
            scale: [name(top), name(top / 2.0), name(0.0)],
            series: series
                .into_iter()
                .map(|(label, points)| Series { label: label.to_owned(), path: path(&points, top) })
                .collect(),
        }
    }
}

/// The end of the scale for values up to `highest`: a round number that is not less.
fn top(highest: f64) -> f64 {
    if highest <= 0.0 {
        return 1.0;
    }
    let unit = 10_f64.powf(highest.log10().floor());
    for step in [1.0, 2.0, 5.0] {
        if highest <= step * unit {
            return step * unit;
        }
    }
    10.0 * unit
}

/// A line through these points, the oldest first, with a break before each that nothing leads to.
fn path(points: &[Point], top: f64) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for (place, point) in points.iter().enumerate() {
        let Some(value) = point.value else {
            is_drawing = false;
            continue;
        };
        let x = SECONDS - point.age.min(SECONDS);
        let y = HEIGHT - value / top * HEIGHT;
        let goes_on = is_drawing && !point.after_gap;
        // A string takes all text.
        let _ = write!(path, "{}{x} {y:.1}", if goes_on { 'L' } else { 'M' });
        let is_alone = points.get(place + 1).is_none_or(|next| next.after_gap || next.value.is_none());
        if !goes_on && is_alone {
            // A line without length is drawn as a dot.
            path.push_str("h0");
        }
        is_drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(age: u64, value: f64) -> Point {
        Point { age, after_gap: false, is_now: age < 30, value: Some(value) }
    }

    #[test]
    fn lines_break_where_nothing_is_known() {
        let points = [
            point(5_000, 0.0),
            point(3_000, 1.0),
            Point { after_gap: true, ..point(2_000, 2.0) },
            Point { value: None, ..point(1_990, 0.0) },
            point(20, 1.0),
            point(10, 0.5),
        ];
        assert_eq!(path(&points, 2.0), "M0 100.0L600 50.0M1600 0.0h0M3580 50.0L3590 75.0");
        assert_eq!(path(&[], 1.0), "");
    }

    #[test]
    fn scales_end_at_round_numbers() {
        let tops = [0.0, 0.001, 0.9, 1.0, 1.1, 2.0, 4.9, 51.0, 100.0, 12_345.0].map(top);
        assert_eq!(tops, [1.0, 0.001, 1.0, 1.0, 2.0, 2.0, 5.0, 100.0, 100.0, 20_000.0]);
    }

    #[test]
    fn what_is_shown_is_said_in_words() {
        let series = vec![("all", vec![point(20, 30.0), point(10, 3.0)]), ("refused", vec![point(10, 1.0)])];
        let plot =
            Plot::new("Calls", series, |value| format!("{value}/s"), |now, most| format!("{now}, {most}"));
        assert_eq!(plot.summary, "3/s, 30/s");
        assert_eq!(plot.scale, ["50/s", "25/s", "0/s"]);
        assert!(!plot.is_empty);
        let old = vec![("all", vec![point(60, 30.0)])];
        let old = Plot::new("Calls", old, |value| format!("{value}/s"), |now, most| format!("{now}, {most}"));
        assert_eq!(old.summary, "–, 30/s", "what is old is not told as what is now");
        let nothing =
            Plot::new("Calls", vec![("all", Vec::new())], |_| String::new(), |now, _| now.to_owned());
        assert!(nothing.is_empty && nothing.summary == "–");
    }
}
