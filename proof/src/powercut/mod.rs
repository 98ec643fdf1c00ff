//! What is acknowledged survives a power cut.
//!
//! A power cut is not a kill: it takes the page cache along. So the real store runs in a child process under a library
//! that records each of its writes and syncs, and each acknowledgement, in one order. From that log every *moment* is
//! looked at that precedes a sync's end, for that is when most is unsynced and most acknowledged. At each, the images
//! are built that a cut could leave: of the pending writes nothing, everything, all but one page, the first few, each
//! page torn at each sector, and combinations by chance; of pending names any combination. Each image is opened with
//! the real store, and must hold what was acknowledged before the moment, byte for byte, and every subject exactly as
//! some revision left it. So an acknowledgement that came before the sync that covers it is found, too.
//!
//! Bounds of the claim: a sector of 512 bytes is written wholly or not at all, and a disk that says that it has synced
//! has done so. Where the system's C library could have been asked to change the data file in a way that is not
//! modelled (truncation, mapping for writing), the run fails rather than look away.

mod bench;
pub(crate) mod child;
mod disk;
mod history;
mod log;
mod variant;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use foldmark_harness::{Watch, quick_folder, say};

use self::bench::{Bench, Expected};
use self::disk::{Disk, Names, Node};
use self::history::{History, SUBJECTS};
use self::log::{Event, Log};
use self::variant::{Pending, Variant};
use crate::random::Random;
use crate::shim;

/// Threads that open images.
const WORKERS: usize = 2;
/// Up to so many pending changes of names, every combination of them is tried.
const NAME_CHANGES_MAX: usize = 6;
/// Moments between two lines of progress.
const PROGRESS: usize = 100;

/// What to try.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Commits to record.
    #[arg(long, default_value_t = 2_400)]
    commits: u64,
    /// Images to open, about, beside those that always are: nothing or everything kept, and names lost.
    #[arg(long, default_value_t = 8_000)]
    images: u64,
    /// Open every image.
    #[arg(long)]
    all: bool,
    /// What commits and images are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A finished recording.
struct Recording {
    log: Log,
    root: PathBuf,
    history: History,
    seed: u64,
    /// One in so many images is opened.
    stride: u64,
}

/// A moment before a sync ends.
struct Moment<'a> {
    number: usize,
    disk: &'a Disk,
    least: &'a [u64],
    most: &'a [u64],
}

/// Sums of a pass over the moments.
#[derive(Default)]
struct Counts {
    moments: usize,
    images: u64,
    opened: u64,
    same: u64,
}

/// Records a run of the store and opens what power cuts would have left of it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let log = record(options, home.path())?;
    let recorded = watch.seconds();
    let (_, most) = revisions(&log);
    let mut recording = Recording {
        history: History::new(options.seed, &most),
        log,
        root: home.path().join("disk"),
        seed: options.seed,
        stride: 1,
    };
    let all = recording.count()?;
    if !options.all {
        recording.stride = all.images.div_ceil(options.images.max(1));
    }
    let acknowledged: u64 = revisions(&recording.log).0.iter().sum();
    if acknowledged != options.commits / 20 * 20 {
        return Err(format!("{acknowledged} of {} commits were acknowledged", options.commits));
    }
    say(&format!(
        "powercut: recorded {acknowledged} commits in {recorded:.1} s: {} moments, {} images, of which one in {} is opened",
        all.moments, all.images, recording.stride
    ));
    let counts = recording.open_all()?;
    say(&format!(
        "powercut: {} commits, {} moments, {} of {} images opened ({} more were the same as another) in {:.1} s; \
         everything acknowledged was in each; seed {}",
        acknowledged,
        counts.moments,
        counts.opened,
        all.images,
        counts.same,
        watch.seconds(),
        options.seed
    ));
    Ok(())
}

/// Runs the store under the recorder.
fn record(options: &Options, home: &Path) -> Result<Log, String> {
    let library = shim::compile(include_str!("../recorder.c"), "recorder", home)?;
    let (disk, notes, log) = (home.join("disk"), home.join("notes"), home.join("log"));
    fs::create_dir(&disk).map_err(|error| error.to_string())?;
    fs::write(&notes, "").map_err(|error| error.to_string())?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(own)
        .arg("powercut-child")
        .arg("--folder")
        .arg(disk.join("data"))
        .arg("--notes")
        .arg(&notes)
        .args(["--commits", &options.commits.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .env("LD_PRELOAD", library)
        .env("PROOF_ROOT", &disk)
        .env("PROOF_LOG", &log)
        .env("PROOF_ACKS", &notes)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(format!("the recorded store ended with {}: {said}", output.status));
    }
    Log::parse(fs::read(&log).map_err(|error| error.to_string())?)
}

/// The last revision of each subject that was acknowledged, and that was tried.
fn revisions(log: &Log) -> (Vec<u64>, Vec<u64>) {
    let (mut least, mut most) = (vec![0; SUBJECTS], vec![0; SUBJECTS]);
    for event in &log.events {
        note(event, &mut least, &mut most);
    }
    (least, most)
}

fn note(event: &Event, least: &mut [u64], most: &mut [u64]) {
    if let Event::Noted(note) = event {
        let revisions = if note.acknowledged { least } else { most };
        revisions[note.subject] = note.revision;
    }
}

impl Recording {
    /// Counts moments and images.
    fn count(&self) -> Result<Counts, String> {
        let mut counts = Counts::default();
        self.moments(|moment| {
            counts.moments += 1;
            counts.images += self.name_choices(moment.disk).len() as u64 * 2;
            if let Some(file) = self.data_file(moment.disk) {
                counts.images += Pending::new(file).variants().len() as u64;
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// Opens the images, in several threads.
    fn open_all(&self) -> Result<Counts, String> {
        let folder = scratch()?;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..WORKERS)
                .map(|worker| {
                    let folder = folder.path().join(worker.to_string());
                    scope.spawn(move || self.open_some(worker, folder))
                })
                .collect();
            let mut counts = Counts::default();
            for thread in threads {
                let some = thread.join().map_err(|_| "a worker panicked")??;
                counts.moments += some.moments;
                counts.opened += some.opened;
                counts.same += some.same;
            }
            Ok(counts)
        })
    }

    /// Opens the images of every so many moments.
    fn open_some(&self, worker: usize, folder: PathBuf) -> Result<Counts, String> {
        let mut bench = Bench::new(folder)?;
        let mut counts = Counts::default();
        self.moments(|moment| {
            if moment.number % WORKERS != worker {
                return Ok(());
            }
            counts.moments += 1;
            self.open_moment(&mut bench, &moment)?;
            if moment.number % PROGRESS == 0 {
                say(&format!(
                    "powercut: moment {}: {} acknowledged, all there; worker {worker} has opened {} images",
                    moment.number,
                    moment.least.iter().sum::<u64>(),
                    bench.opened
                ));
            }
            Ok(())
        })?;
        counts.opened = bench.opened;
        counts.same = bench.same;
        Ok(counts)
    }

    fn open_moment(&self, bench: &mut Bench, moment: &Moment<'_>) -> Result<(), String> {
        let expected = Expected { history: &self.history, least: moment.least, most: moment.most };
        bench.next_moment();
        for choice in self.name_choices(moment.disk) {
            let names = moment.disk.names(|place| choice >> place & 1 == 1);
            for whole in [false, true] {
                bench.open_names(moment.disk, &names, &self.root, whole, &expected).map_err(|error| {
                    format!("moment {}, whole contents {whole}, names {names:?}: {error}", moment.number)
                })?;
            }
        }
        let Some(file) = self.data_file(moment.disk) else {
            return Ok(());
        };
        let pending = Pending::new(file);
        let mut random = Random::of(self.seed, &[moment.number as u64]);
        for variant in pending.variants() {
            let end = matches!(variant, Variant::Nothing | Variant::Everything);
            if !random.once_in(self.stride) && !end {
                continue;
            }
            let seed = self.seed ^ moment.number as u64;
            bench
                .open_variant(&pending, file, variant, seed, &expected)
                .map_err(|error| format!("moment {}, {variant:?}: {error}", moment.number))?;
        }
        Ok(())
    }

    /// Goes through the log and stops at each moment: before a sync's end, and at the end.
    fn moments(&self, mut visit: impl FnMut(Moment<'_>) -> Result<(), String>) -> Result<(), String> {
        let mut disk = Disk::default();
        let (mut least, mut most) = (vec![0; SUBJECTS], vec![0; SUBJECTS]);
        let mut number = 0;
        for event in &self.log.events {
            if disk.settles(event) {
                let moment = Moment { number, disk: &disk, least: &least, most: &most };
                visit(moment)?;
                number += 1;
            }
            note(event, &mut least, &mut most);
            disk.apply(event, &self.log)?;
        }
        visit(Moment { number, disk: &disk, least: &least, most: &most })
    }

    /// The combinations of pending names to try, a bit a change: any, or the first few if there are many.
    fn name_choices(&self, disk: &Disk) -> Vec<u64> {
        let pending = disk.pending_names();
        match pending {
            0 => Vec::new(),
            1..=NAME_CHANGES_MAX => (0..1 << pending).collect(),
            _ => (0..=pending).map(|first| (1 << first) - 1).collect(),
        }
    }

    /// The data file, if it has its name.
    fn data_file<'a>(&self, disk: &'a Disk) -> Option<&'a disk::File> {
        let names: Names = disk.names(|_| true);
        match names.get(&self.root.join("data/data.mdb")) {
            Some(Node::File(file)) => disk.file(*file),
            _ => None,
        }
    }
}

/// A folder in memory if there is one: images are never synced for their own sake.
fn scratch() -> Result<tempfile::TempDir, String> {
    quick_folder().map_err(|error| error.to_string())
}
