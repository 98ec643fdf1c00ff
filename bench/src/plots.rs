//! Draws what a run has found as SVG: a bar a side, with a line from the least to the most of its turns.
//!
//! The colours read on light and dark pages alike, and text follows the page's own colour scheme.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::compare::{Failure, Spread};
use crate::report::{Comparison, Report};

const WIDTH: f64 = 760.0;
const NAMES_WIDTH: f64 = 270.0;
const BARS_WIDTH: f64 = 330.0;
const ROW: f64 = 34.0;
const TOP: f64 = 44.0;

/// Draws each comparison of a report into a file of its own in `folder`.
pub(crate) fn run(report: &Path, folder: &Path) -> Result<(), Failure> {
    let report = Report::read(report)?;
    fs::create_dir_all(folder)?;
    for comparison in &report.comparisons {
        let path = folder.join(format!("{}.svg", file_name(&comparison.title)));
        fs::write(&path, draw(comparison)?)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// A title as the name of a file.
fn file_name(title: &str) -> String {
    let mut name = String::new();
    for character in title.chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            'A'..='Z' => name.push(character.to_ascii_lowercase()),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    name.trim_end_matches('-').to_owned()
}

fn draw(comparison: &Comparison) -> Result<String, Failure> {
    let mut spreads = Vec::new();
    for side in &comparison.sides {
        spreads.push(Spread::of(side.turns.iter().map(|turn| comparison.measure.of(turn)).collect()));
    }
    let longest = spreads.iter().map(|spread| spread.most).fold(f64::MIN_POSITIVE, f64::max);
    let height = TOP + ROW * spreads.len() as f64 + 8.0;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <style>\n\
         text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}\n\
         .bar {{ fill: #8a94a3; }} .ours {{ fill: #2f81c7; }} .spread {{ stroke: #1f2328; }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3; }} .spread {{ stroke: #e6edf3; }} }}\n\
         </style>\n\
         <text x=\"8\" y=\"22\" font-weight=\"600\">{} ({})</text>",
        escape(&comparison.title),
        comparison.measure.unit()
    )?;
    for (number, (side, spread)) in comparison.sides.iter().zip(&spreads).enumerate() {
        let top = TOP + ROW * number as f64;
        let middle = top + ROW / 2.0 - 4.0;
        let along = |value: f64| NAMES_WIDTH + BARS_WIDTH * value / longest;
        let class = if number == 0 { "bar ours" } else { "bar" };
        let ratio = number.checked_sub(1).and_then(|number| comparison.ratios.get(number));
        let ratio = ratio.map(|ratio| Spread::of(ratio.pairs.clone()).median);
        let told = ratio.map_or(String::new(), |ratio| format!(" · {ratio:.2}×"));
        writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n\
             <rect class=\"{class}\" x=\"{NAMES_WIDTH}\" y=\"{top:.0}\" width=\"{:.1}\" height=\"{:.0}\"/>\n\
             <line class=\"spread\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle:.0}\" y2=\"{middle:.0}\" stroke-width=\"2\"/>\n\
             <text x=\"{:.1}\" y=\"{:.0}\">{:.0}{told}</text>",
            NAMES_WIDTH - 8.0,
            middle + 5.0,
            escape(&side.name),
            along(spread.median) - NAMES_WIDTH,
            ROW - 8.0,
            along(spread.least),
            along(spread.most),
            along(spread.most) + 8.0,
            middle + 5.0,
            spread.median
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::figures::Figures;
    use crate::report::{Measure, Side};

    #[test]
    fn a_drawing_holds_every_side() {
        let side = |name: &str, rate| Side {
            name: name.to_owned(),
            turns: vec![Figures::new(rate, Duration::from_secs(1), Vec::new())],
        };
        let sides = vec![side("ours & mine", 200), side("theirs", 100)];
        let svg = draw(&Comparison::new("Of 1, 2", Measure::Rate, sides, &[None])).unwrap();
        assert!(
            svg.contains("ours &amp; mine") && svg.contains("theirs") && svg.contains("100 · 2.00×"),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect").count(), 2);
        assert_eq!(file_name("Of 1, 2: three %"), "of-1-2-three");
    }
}
