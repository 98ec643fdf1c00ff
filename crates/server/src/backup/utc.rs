//! Moments as people write them, in UTC, and back.

/// `2026-11-23T13:59:08Z`.
pub fn to_text(unix_seconds: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(unix_seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `20261123T135908Z`, which sorts as time goes and is a good part of a file's name.
pub(super) fn to_name(unix_seconds: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(unix_seconds);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The moment of a name that [`to_name`] has made.
pub(super) fn from_name(name: &str) -> Option<u64> {
    if name.len() != 16 || !name.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = &name[from..to];
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()
    };
    let days = days_before(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
    let seconds = number(9, 11)? * 3_600 + number(11, 13)? * 60 + number(13, 15)?;
    let moment = days * DAY + seconds;
    // What does not exist, such as February 30, comes back as something else.
    (to_name(moment) == name).then_some(moment)
}

const DAY: u64 = 86_400;

/// Year, month, day, hour, minute, second of the Gregorian calendar.
fn parts(unix_seconds: u64) -> (u64, u64, u64, u64, u64, u64) {
    let (days, rest) = (unix_seconds / DAY, unix_seconds % DAY);
    // Counted from March 1 of the year 0, so that leap days come last in their years; eras have 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day, rest / 3_600, rest / 60 % 60, rest % 60)
}

/// Days from 1970 to this one; `None` before.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let year = year.checked_sub(u64::from(month <= 2))?;
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read() {
        for (moment, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_442_348, "2026-11-23T13:59:08Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(to_text(moment), text);
            assert_eq!(to_name(moment), text.replace(['-', ':'], ""));
            assert_eq!(from_name(&to_name(moment)), Some(moment));
        }
        for step in 0..2_000 {
            let moment = step * 86_399 * 11;
            assert_eq!(from_name(&to_name(moment)), Some(moment));
        }
    }

    #[test]
    fn other_names_are_no_moments() {
        for name in [
            "",
            "20260230T000000Z",
            "20261323T135908Z",
            "20261123T245908Z",
            "20261123-135908Z",
            "2026112éT13590Z",
        ] {
            assert_eq!(from_name(name), None, "{name}");
        }
    }
}
