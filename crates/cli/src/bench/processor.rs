//! How much processor time the generator has used, and how long it has waited for a processor, as far as the system
//! tells. Both are time in which answers that had come lay unread, so both make latencies look longer than they were.

use std::fs;
use std::time::Duration;

/// Linux counts in hundredths of a second wherever it tells programs, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// The time of all threads so far, in the kernel too. `None` where there is no `/proc`.
pub(super) fn used() -> Option<Duration> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// How long the calling thread could have run so far, and had no processor. `None` where the kernel does not count it.
pub(super) fn waited() -> Option<Duration> {
    parse_waited(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)
}

/// The second of three numbers, in nanoseconds.
fn parse_waited(schedstat: &str) -> Option<Duration> {
    schedstat.split(' ').nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// The 14th and 15th field. The second one, the program's name in parentheses, may hold anything.
fn parse(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_found_behind_any_name() {
        let stat = "7 (a) b (c) R 1 7 7 0 -1 4194560 99 0 0 0 150 50 0 0 20 0 3 0 1 1 1";
        assert_eq!(parse(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse("7 (a) R 1"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn the_time_waited_is_the_second_number() {
        assert_eq!(parse_waited("123 4567 8\n"), Some(Duration::from_nanos(4_567)));
        assert_eq!(parse_waited(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_a_time() {
        assert!(used().is_some());
    }
}
