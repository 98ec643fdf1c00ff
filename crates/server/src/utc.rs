//! Moments as people and names of files have them, in UTC, and back.

use time::{Date, Month, OffsetDateTime, Time};

/// `2026-11-23T13:59:08Z`.
pub fn to_text(unix_seconds: u64) -> String {
    let at = moment(unix_seconds);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `2026-11-23T13:59:08.123Z`: of a fixed width, so that such moments sort as texts.
pub fn to_text_with_milliseconds(unix_milliseconds: u64) -> String {
    let mut text = to_text(unix_milliseconds / 1_000);
    text.truncate(text.len() - 1);
    text + &format!(".{:03}Z", unix_milliseconds % 1_000)
}

/// `20261123T135908Z`, which sorts as time goes and is a good part of a file's name.
pub(crate) fn to_name(unix_seconds: u64) -> String {
    to_text(unix_seconds).replace(['-', ':'], "")
}

/// The moment of a name that [`to_name`] has made.
pub(crate) fn from_name(name: &str) -> Option<u64> {
    if name.len() != 16 || !name.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| name[from..to].parse::<u16>().ok();
    let small = |from: usize| u8::try_from(number(from, from + 2)?).ok();
    let month = Month::try_from(small(4)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(6)?).ok()?;
    let time = Time::from_hms(small(9)?, small(11)?, small(13)?).ok()?;
    let seconds = u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()?;
    // What stands between the digits, and digits that are none, come back as something else.
    (to_name(seconds) == name).then_some(seconds)
}

/// Whether `text` is the beginning of a moment with milliseconds, at least a whole day, or one that ends with `Z` after
/// whole seconds or minutes. Its digits without the `Z` compare with whole moments as texts.
pub fn is_beginning(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000";
    let text = text.strip_suffix('Z').unwrap_or(text);
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    [10, 16, 19, 23].contains(&text.len()) && text.bytes().zip(FORM).all(fits)
}

/// No clock goes behind the year 9999; one that did is shown as its end.
fn moment(unix_seconds: u64) -> OffsetDateTime {
    const END: i64 = 253_402_300_799;
    let seconds = i64::try_from(unix_seconds).unwrap_or(END).min(END);
    OffsetDateTime::from_unix_timestamp(seconds).expect("it is between 1970 and 9999")
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
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(to_text(moment), text);
            assert_eq!(to_name(moment), text.replace(['-', ':'], ""));
        }
        for step in 0..2_000 {
            let moment = step * 86_399 * 11;
            assert_eq!(from_name(&to_name(moment)), Some(moment));
        }
        assert_eq!(to_text_with_milliseconds(1_775_217_000_023), "2026-04-03T11:50:00.023Z");
    }

    #[test]
    fn other_names_are_no_moments() {
        for name in [
            "",
            "20260230T000000Z",
            "20261323T135908Z",
            "20261123T245908Z",
            "20261123-135908Z",
            "+0261123T135908Z",
            "2026112éT13590Z",
        ] {
            assert_eq!(from_name(name), None, "{name}");
        }
    }

    #[test]
    fn beginnings_are_known() {
        for text in ["2026-04-03", "2026-04-03T11:50", "2026-04-03T11:50:00Z", "2026-04-03T11:50:00.123Z"] {
            assert!(is_beginning(text), "{text}");
        }
        for text in ["", "2026", "2026-4-3", "2026-04-03 11:50", "2026-04-03T", "2026-04-03T11:50:00+02:00"] {
            assert!(!is_beginning(text), "{text}");
        }
    }
}
