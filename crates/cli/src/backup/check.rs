//! Checking a backup, and reading it for a restore: every byte, whatever is wanted of it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use foldmark_server::backup::archive::{self, Member};
use foldmark_server::backup::manifest::{CONFIG, DATA, Manifest};
use foldmark_store::embedded::Census;
use indicatif::ProgressBar;
use serde_json::json;

use crate::failure::Failure;
use crate::{out, progress};

/// What stands in a configuration: many times the longest.
const CONFIG_BYTES_MAX: u64 = 16 << 20;

/// `foldmark verify BACKUP`
pub(crate) fn run(path: &Path, as_json: bool) -> Result<(), Failure> {
    let (manifest, _) = read(path, &mut |_, _| Ok(()))?;
    match as_json {
        true => out::line(&json!({ "sound": true, "manifest": manifest }).to_string()),
        false => out::line(&format!("sound: {}", about(&manifest))),
    }
}

/// What is in a backup, in words.
pub(crate) fn about(manifest: &Manifest) -> String {
    let secrets = if manifest.secrets { "with" } else { "without" };
    format!(
        "{}; made by version {} of a store of kind {}, data format {}, {secrets} secrets",
        manifest.summary(),
        manifest.version,
        manifest.store,
        manifest.data_format
    )
}

/// Reads a backup to its end and checks all of it; gives what it says of itself, and its configuration. `take` gets
/// all other members, of which nothing is to be believed before.
pub(crate) fn read(
    path: &Path,
    take: &mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), String>,
) -> Result<(Manifest, String), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let bar = progress::bar(file.metadata().ok().map(|facts| facts.len()), "bytes");
    let mut input = Watched { input: BufReader::with_capacity(1 << 20, file), bar: bar.clone() };
    let mut config = String::new();
    let mut census = None;
    let read = archive::read(&mut input, &mut |member, content| match member.name.as_str() {
        CONFIG => {
            let read = content.take(CONFIG_BYTES_MAX).read_to_string(&mut config);
            read.map(drop).map_err(|error| format!("its configuration: {error}"))
        }
        DATA => {
            let mut counted = Counted { content, census: Census::default() };
            take(member, &mut counted)?;
            census = Some(counted.finish()?);
            Ok(())
        }
        _ => take(member, content),
    });
    bar.finish_and_clear();
    let manifest = read.map_err(|error| failed(&error))?;
    if let Some(census) = census {
        let facts = census.finish().map_err(|reason| failed(&format!("its data: {reason}")))?;
        let same = facts.users == manifest.users
            && facts.chat_groups == manifest.chat_groups
            && facts.applications == manifest.applications
            && facts.data_format == manifest.data_format;
        if !same {
            return Err(failed(&"its data are not what its manifest says"));
        }
    }
    Ok((manifest, config))
}

struct Watched {
    input: BufReader<File>,
    bar: ProgressBar,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}

/// A database that is counted as it is read.
struct Counted<'a> {
    content: &'a mut dyn Read,
    census: Census,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.content.read(buffer)?;
        self.census.take(&buffer[..read]);
        Ok(read)
    }
}

impl Counted<'_> {
    /// Reads what nobody wanted.
    fn finish(mut self) -> Result<Census, String> {
        std::io::copy(&mut self, &mut std::io::sink()).map_err(|error| format!("its data: {error}"))?;
        Ok(self.census)
    }
}
