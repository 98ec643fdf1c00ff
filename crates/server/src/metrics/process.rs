//! The process as the kernel sees it. Nothing is told where `/proc` does not tell it.

use std::fs;

/// The process at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Process {
    pub(super) cpu_seconds: f64,
    pub(super) resident_bytes: u64,
    pub(super) virtual_bytes: u64,
    pub(super) threads: u64,
    pub(super) start_unix_seconds: f64,
    pub(super) open_fds: Option<u64>,
    /// `None`: without a limit.
    pub(super) max_fds: Option<u64>,
}

/// Looks at this process.
pub(super) fn look() -> Option<Process> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let boot = boot_seconds(&fs::read_to_string("/proc/stat").ok()?)?;
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let mut process = parse(&stat, boot, ticks, rustix::param::page_size() as u64)?;
    // The folder that is read is itself one of them.
    let descriptors = fs::read_dir("/proc/self/fd").ok();
    process.open_fds = descriptors.map(|entries| (entries.count() as u64).saturating_sub(1));
    process.max_fds = fs::read_to_string("/proc/self/limits").ok().and_then(|limits| max_fds(&limits));
    Some(process)
}

/// Reads the one line of `/proc/self/stat`. The second field is a name in parentheses that may hold anything.
fn parse(stat: &str, boot_unix_seconds: f64, ticks_per_second: f64, page_bytes: u64) -> Option<Process> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    // The first field behind the name is the third of the manual's list.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let seconds = |field: usize| Some(number(field)? as f64 / ticks_per_second);
    Some(Process {
        cpu_seconds: seconds(14)? + seconds(15)?,
        threads: number(20)?,
        start_unix_seconds: boot_unix_seconds + seconds(22)?,
        virtual_bytes: number(23)?,
        resident_bytes: number(24)?.checked_mul(page_bytes)?,
        open_fds: None,
        max_fds: None,
    })
}

fn boot_seconds(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn max_fds(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_name_of_the_program() {
        let stat = "4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 7 0 1000 8192000 250 18446744";
        let process = parse(stat, 1_700_000_000.0, 100.0, 4_096).unwrap();
        assert_eq!(
            process,
            Process {
                cpu_seconds: 2.0,
                resident_bytes: 1_024_000,
                virtual_bytes: 8_192_000,
                threads: 7,
                start_unix_seconds: 1_700_000_010.0,
                open_fds: None,
                max_fds: None,
            }
        );
        assert_eq!(parse("4711 (cut) S 1 2", 0.0, 100.0, 4_096), None);
    }

    #[test]
    fn this_process_is_seen() {
        let process = look().unwrap();
        assert!(process.resident_bytes > 100_000 && process.virtual_bytes >= process.resident_bytes);
        assert!(process.threads >= 1 && process.open_fds.unwrap() >= 3);
        assert!(process.start_unix_seconds > 1_672_531_200.0);
    }

    #[test]
    fn a_limit_may_be_missing() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(max_fds(limits), Some(1_024));
        assert_eq!(
            max_fds("Max open files            unlimited            unlimited            files\n"),
            None
        );
    }
}
