//! `foldmark verify`: everything that is in the data folder of an embedded store, or in a cluster, checked and counted,
//! beside running servers too.
//!
//! Damaged pages of the database can end the process that follows them, or lead it in circles. So a child of this very
//! program does the walk, see [`walk`], and says after each subject how far it is. If it dies or falls silent, that is
//! a finding like any other, with the last subject that was well.

mod cluster;
mod report;
mod subject;
pub(crate) mod walk;

use std::env;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use foldmark_server::clock::Clock;
use foldmark_server::config::{Settings, StoreSettings};

use self::report::Report;
use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::out;
use crate::runtime;
use crate::settings::ConfigArgs;

/// How long the child may say nothing while it follows the database. A subject takes milliseconds.
const SILENCE: Duration = Duration::from_secs(60);
/// Lines that may wait to be read.
const LINES: usize = 1024;
/// How often progress is shown, in lines of the child.
const SHOW_EVERY: u64 = 1000;

pub(crate) fn run(args: &VerifyArgs, config: &ConfigArgs) -> Result<(), Failure> {
    if let Some(backup) = &args.backup {
        return crate::backup::check::run(backup, args.json);
    }
    let (place, report) = match place(args, config)? {
        Place::Folder(folder) => (folder.display().to_string(), verify(&folder)?),
        Place::Cluster(settings) => {
            let verified = cluster::verify(&settings.store, &settings.apps);
            ("the cluster".to_owned(), runtime()?.block_on(verified)?)
        }
    };
    tell(&place, &report, args.json)
}

/// Checks and reports what was just put into the store of these settings.
pub(crate) async fn restored(settings: &Settings) -> Result<(), Failure> {
    match &settings.store {
        StoreSettings::Embedded(embedded) => {
            let folder = &embedded.path;
            let report = tokio::task::block_in_place(|| verify(folder))?;
            tell(&folder.display().to_string(), &report, false)
        }
        StoreSettings::Cassandra(_) => {
            let report = cluster::verify(&settings.store, &settings.apps).await?;
            tell("the cluster", &report, false)
        }
        StoreSettings::Memory => Ok(()),
    }
}

fn tell(place: &str, report: &Report, as_json: bool) -> Result<(), Failure> {
    let text = if as_json { report.json() } else { report.text() };
    out::line(&text)?;
    match report.problem_count() {
        0 => Ok(()),
        1 => Err(Failure::failed(format!("{place} has a problem"))),
        count => Err(Failure::failed(format!("{place} has {count} problems"))),
    }
}

/// What is checked.
enum Place {
    Folder(PathBuf),
    Cluster(Box<Settings>),
}

fn place(args: &VerifyArgs, config: &ConfigArgs) -> Result<Place, Failure> {
    let folder = match &args.path {
        Some(path) => path.clone(),
        None => {
            let settings = config.load()?;
            match &settings.store {
                StoreSettings::Embedded(embedded) => embedded.path.clone(),
                StoreSettings::Cassandra(_) => return Ok(Place::Cluster(Box::new(settings))),
                StoreSettings::Memory => {
                    return Err(Failure::usage(
                        "the configured store is in memory; name a folder with --path",
                    ));
                }
            }
        }
    };
    if folder.join("data.mdb").is_file() {
        return Ok(Place::Folder(folder));
    }
    Err(Failure::usage(format!("{} is not a data folder: it has no data.mdb", folder.display())))
}

fn verify(folder: &Path) -> Result<Report, Failure> {
    let program = env::current_exe().map_err(|error| cannot("find this program", &error))?;
    let mut command = Command::new(&program);
    command.arg(walk::COMMAND).arg(folder);
    let mut report = Report::default();
    let ended = watch(&mut command, SILENCE, &mut report)?;
    if !report.is_complete() {
        report.died(&ended);
        // What a dead reader keeps, the server could not use again until its next start.
        let cleaned = Command::new(&program).args([walk::COMMAND, walk::ONLY_OPEN]).arg(folder).output();
        cleaned.map_err(|error| cannot("start this program again", &error))?;
    }
    Ok(report)
}

/// How the child ended.
#[derive(Debug)]
enum Ended {
    ByItself(ExitStatus),
    /// It was ended because it said nothing any more.
    Silent,
}

/// Runs the child and reports each of its lines.
fn watch(command: &mut Command, silence: Duration, report: &mut Report) -> Result<Ended, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| cannot("start this program again", &error))?;
    let stdout = child.stdout.take().expect("stdout was asked for");
    let (sender, lines) = mpsc::sync_channel(LINES);
    thread::scope(|scope| {
        // It ends with the child, whose end closes the pipe, or with the receiver.
        scope.spawn(move || read_lines(stdout, &sender));
        let ended = follow(&mut child, &lines, silence, report);
        drop(lines);
        ended
    })
}

fn read_lines(stdout: ChildStdout, sender: &mpsc::SyncSender<String>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if sender.send(line).is_err() {
            return;
        }
    }
}

fn follow(
    child: &mut Child,
    lines: &Receiver<String>,
    silence: Duration,
    report: &mut Report,
) -> Result<Ended, Failure> {
    let clock = Clock::system();
    let start = clock.monotonic();
    let shows = io::stderr().is_terminal();
    let mut read = 0;
    loop {
        // Reading all pages takes as long as the disk needs, and always comes to an end.
        let received = if report.is_reading_pages() {
            lines.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            lines.recv_timeout(silence)
        };
        match received {
            Ok(line) => report.take(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().and_then(|()| child.wait()).map_err(|error| cannot("end the walk", &error))?;
                return Ok(Ended::Silent);
            }
        }
        read += 1;
        if shows && read % SHOW_EVERY == 0 {
            let seconds = clock.monotonic().saturating_sub(start).as_secs_f64();
            out::progress(&report.progress(seconds));
        }
    }
    if shows {
        out::progress("");
    }
    let status = child.wait().map_err(|error| cannot("wait for the walk", &error))?;
    Ok(Ended::ByItself(status))
}

fn cannot(what: &str, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than a shell takes to say something on the slowest machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn watched(script: &str, silence: Duration) -> (Report, Ended) {
        let mut report = Report::default();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let ended = watch(&mut command, silence, &mut report).unwrap();
        (report, ended)
    }

    fn problems(script: &str, silence: Duration) -> String {
        let (mut report, ended) = watched(script, silence);
        if !report.is_complete() {
            report.died(&ended);
        }
        report.text()
    }

    #[test]
    fn a_walk_that_ends_well_is_summed_up() {
        let script = "echo pages; echo walk; echo 'user 3 1 user ann'; echo 'chat_group 0 0 x'; echo 'done 7 snapshot'";
        assert_eq!(
            problems(script, PATIENCE),
            "sound: 1 users, 1 chat groups, 3 records, 1 removals; 7 entries"
        );
    }

    #[test]
    fn a_death_is_a_problem_behind_the_last_subject() {
        let text = problems("echo walk; echo 'user 3 1 user ann'; kill -SEGV $$", PATIENCE);
        assert!(text.starts_with("reading on behind user ann ended the process: signal: 11"), "{text}");
        let text = problems("exit 3", PATIENCE);
        assert!(text.starts_with("reading the first entry ended the process: exit status: 3"), "{text}");
    }

    #[test]
    fn silence_is_a_problem_too() {
        let script = "echo walk; echo 'user 3 1 user ann'; exec sleep 600";
        let text = problems(script, Duration::from_secs(3));
        assert!(text.starts_with("reading on behind user ann does not come to an end"), "{text}");
    }

    #[test]
    fn reading_pages_may_take_its_time() {
        let text = problems("echo pages; sleep 1; echo walk; echo 'done 1 snapshot'", PATIENCE);
        assert!(text.starts_with("sound: "), "{text}");
    }
}
