//! What the machine is and can do, since figures mean nothing without it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::compare::Failure;

/// How long the disk is tried.
const TRIAL: Duration = Duration::from_secs(1);
/// What is written before each sync.
const BLOCK_BYTES: usize = 4096;
/// The file in which blocks are overwritten: the length stays, so that a sync has only data to write.
const FILE_BLOCKS: u64 = 256;

/// The machine of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Model of the processor.
    pub(crate) processor: String,
    /// How many there are.
    pub(crate) processors: usize,
    /// Memory, in MiB.
    pub(crate) memory_mib: u64,
    /// Version of the kernel.
    pub(crate) kernel: String,
    /// How many times a second a block of 4 KiB can be written and synced, one after the other.
    pub(crate) syncs_per_second: f64,
    /// How many programs wanted a processor in the last minute before the run.
    pub(crate) load: String,
}

impl Machine {
    /// Looks at this machine, and at the disk of `folder`.
    pub(crate) fn look(folder: &Path) -> Result<Machine, Failure> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let processor = field(&processors, "model name").unwrap_or("unknown").to_owned();
        let memory = fs::read_to_string("/proc/meminfo")?;
        Ok(Machine {
            processor,
            processors: std::thread::available_parallelism()?.get(),
            memory_mib: kib(&memory, "MemTotal") / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            syncs_per_second: syncs_per_second(folder)?,
            load: fs::read_to_string("/proc/loadavg")?.split(' ').next().unwrap_or_default().to_owned(),
        })
    }
}

/// Memory of a process that no file backs, and that of mapped files, in MiB.
pub(crate) fn memory_mib(process: u32) -> Result<(f64, f64), Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let mib = |name| kib(&status, name) as f64 / 1024.0;
    Ok((mib("RssAnon"), mib("RssFile")))
}

/// The processor time of all threads of a process so far.
pub(crate) fn processor_time(process: u32) -> Result<Duration, Failure> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread that has just ended has no file any more.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let on_processor = text.split_whitespace().next().ok_or("an empty schedstat")?;
        nanoseconds += on_processor.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The processor time of a thread of this process so far.
pub(crate) fn thread_time(thread: u64) -> Result<Duration, Failure> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat"))?;
    let on_processor = text.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(on_processor.parse()?))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn kib(text: &str, name: &str) -> u64 {
    let number = field(text, name).and_then(|value| value.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn syncs_per_second(folder: &Path) -> Result<f64, Failure> {
    let path = folder.join("syncs");
    let file = File::create(&path)?;
    let block = [7; BLOCK_BYTES];
    for number in 0..FILE_BLOCKS {
        file.write_all_at(&block, number * BLOCK_BYTES as u64)?;
    }
    file.sync_all()?;
    let begun = Instant::now();
    let mut syncs = 0;
    while begun.elapsed() < TRIAL {
        file.write_all_at(&block, syncs % FILE_BLOCKS * BLOCK_BYTES as u64)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = syncs as f64 / begun.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}
