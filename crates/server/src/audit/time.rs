//! Moments as RFC 3339 has them, in UTC with milliseconds: of a fixed width, so that they sort as texts.

/// The text of a moment, for example `2026-04-03T11:50:00.123Z`.
pub fn rfc3339(unix_milliseconds: u64) -> String {
    let (seconds, milliseconds) = (unix_milliseconds / 1_000, unix_milliseconds % 1_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// Whether `text` is the beginning of such a moment, at least a whole day, or one that ends with `Z` after whole
/// seconds or minutes. Its digits without the `Z` compare with whole moments as texts.
pub fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000";
    let text = text.strip_suffix('Z').unwrap_or(text);
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    [10, 16, 19, 23].contains(&text.len()) && text.bytes().zip(FORM).all(fits)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_that_date_prints() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_775_217_000_123, "2026-04-03T11:50:00.123Z"),
            (4_107_542_400_001, "2100-03-01T00:00:00.001Z"),
        ] {
            assert_eq!(rfc3339(milliseconds), text);
        }
    }

    #[test]
    fn moments_are_known() {
        for text in ["2026-04-03", "2026-04-03T11:50", "2026-04-03T11:50:00Z", "2026-04-03T11:50:00.123Z"] {
            assert!(is_time(text), "{text}");
        }
        for text in ["", "2026", "2026-4-3", "2026-04-03 11:50", "2026-04-03T", "2026-04-03T11:50:00+02:00"] {
            assert!(!is_time(text), "{text}");
        }
    }
}
