//! Numbers as people read them, the same in every language of the console.

/// A count, with commas between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place != 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A measured number: three digits that mean something, and no more.
pub(super) fn measured(number: f64) -> String {
    match number {
        0.0 => "0".to_owned(),
        _ if number < 10.0 => format!("{number:.2}"),
        _ if number < 100.0 => format!("{number:.1}"),
        _ => count(number.round() as u64),
    }
}

/// How long something took, of microseconds.
pub(super) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1_000_000 => format!("{} ms", measured(microseconds as f64 / 1_000.0)),
        _ => format!("{} s", measured(microseconds as f64 / 1_000_000.0)),
    }
}

/// A size, of bytes.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1_024.0;
    let mut unit = 0;
    while size >= 1_024.0 && unit + 1 < UNITS.len() {
        size /= 1_024.0;
        unit += 1;
    }
    format!("{} {}", measured(size), UNITS[unit])
}

/// A part of a whole, in percent. Only all is 100 % and only nothing is 0 %.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    match part {
        0 => "0 %".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        _ => format!("{:.2} %", percent.clamp(0.01, 99.99)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.123, 12.34, 1_234.5].map(measured), ["0", "0.12", "12.3", "1,235"]);
        assert_eq!(
            [64, 1_500, 999_999, 8_388_608].map(duration),
            ["0.06 ms", "1.50 ms", "1,000 ms", "8.39 s"]
        );
        assert_eq!([0, 1_023, 1_024, 68_719_476_736].map(bytes), ["0 B", "1023 B", "1.00 KiB", "64.0 GiB"]);
        assert_eq!(bytes(u64::MAX), "16,777,216 TiB");
    }

    #[test]
    fn nearly_all_is_not_all() {
        let of = |part| percent(part, 1_000_000);
        assert_eq!(
            [0, 1, 500_000, 999_999, 1_000_000].map(of),
            ["0 %", "0.01 %", "50.00 %", "99.99 %", "100 %"]
        );
        assert_eq!(percent(0, 0), "–");
    }
}
