//! `foldmark restore`: a backup back into a data folder, whole or not at all, or into a cluster, user by user.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use foldmark_server::backup::manifest::{DATA, DataKind, Manifest, SUBJECTS};
use foldmark_server::config::{EmbeddedSettings, Settings, StoreSettings};
use foldmark_store::embedded::{OpenError, Restoring};

use crate::args::{ImportArgs, RestoreArgs};
use crate::backup::{COMPANIONS, check};
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::transfer::import;
use crate::{out, progress, verify};

pub(crate) async fn run(args: &RestoreArgs, config: &ConfigArgs) -> Result<(), Failure> {
    if let Some(file) = args.config_out.as_ref().filter(|file| file.exists()) {
        return Err(Failure::usage(format!("{} exists already, and is not overwritten", file.display())));
    }
    let (manifest, text) = if args.check {
        check::read(&args.input, &mut |_, _| Ok(()))?
    } else {
        restore(&args.input, config.load()?).await?
    };
    if args.check {
        out::line(&format!("sound: {}", check::about(&manifest)))?;
    }
    match &args.config_out {
        Some(file) => write_config(file, &text),
        None => Ok(()),
    }
}

async fn restore(input: &Path, settings: Settings) -> Result<(Manifest, String), Failure> {
    let read = match settings.store.clone() {
        StoreSettings::Embedded(embedded) => into_folder(input, &settings, embedded).await?,
        StoreSettings::Cassandra(_) => into_cluster(input, &settings).await?,
        StoreSettings::Memory => {
            return Err(Failure::usage("store.kind is memory, into which nothing can be restored"));
        }
    };
    out::note(&format!("restored {}", read.0.summary()));
    verify::restored(&settings).await?;
    Ok(read)
}

/// Restores into a data folder that is empty or absent.
async fn into_folder(
    input: &Path,
    settings: &Settings,
    embedded: EmbeddedSettings,
) -> Result<(Manifest, String), Failure> {
    let restoring = Restoring::begin(&embedded.path, COMPANIONS).map_err(refused)?;
    let filled = match fill(input, &restoring, settings, &embedded).await {
        Ok(filled) => filled,
        Err(failure) => {
            restoring.abandon().map_err(Failure::failed)?;
            return Err(failure);
        }
    };
    restoring.finish().map_err(Failure::failed)?;
    Ok(filled)
}

/// Fills the inner folder.
async fn fill(
    input: &Path,
    restoring: &Restoring,
    settings: &Settings,
    embedded: &EmbeddedSettings,
) -> Result<(Manifest, String), Failure> {
    let place = restoring.place();
    let read = tokio::task::block_in_place(|| {
        check::read(input, &mut |member, content| match member.name.as_str() {
            name @ (DATA | SUBJECTS) => put(&place.join(name), content),
            name if COMPANIONS.contains(&name) => put(&place.join(name), content),
            // A later version may have put in more. What it says of the data is in the manifest.
            _ => Ok(()),
        })
    })?;
    let manifest = &read.0;
    match manifest.data {
        DataKind::Snapshot if restoring.data_file().exists() => {
            let bar = progress::bar(Some(manifest.users), "users");
            let renewed =
                foldmark_server::backup::renew(&place, &manifest.applications, |more| bar.inc(more));
            let renewed = renewed.await;
            bar.finish_and_clear();
            renewed.map_err(Failure::failed)?;
        }
        DataKind::Export if place.join(SUBJECTS).exists() => {
            // A store makes its database in a folder of its own only.
            let inner = EmbeddedSettings { path: place.join("import"), ..embedded.clone() };
            let made = inner.path.join(DATA);
            let settings = Settings { store: StoreSettings::Embedded(inner), ..settings.clone() };
            import_subjects(&place.join(SUBJECTS), settings, manifest).await?;
            fs::rename(made, restoring.data_file()).map_err(Failure::failed)?;
        }
        _ => return Err(Failure::failed(format!("{}: it holds no data", input.display()))),
    }
    Ok(read)
}

/// Restores into a cluster: users who have nothing there.
async fn into_cluster(input: &Path, settings: &Settings) -> Result<(Manifest, String), Failure> {
    let place = tempfile::tempdir().map_err(Failure::failed)?;
    let subjects = place.path().join(SUBJECTS);
    let read = tokio::task::block_in_place(|| {
        check::read(input, &mut |member, content| match member.name.as_str() {
            SUBJECTS => put(&subjects, content),
            DATA => Err(
                "it holds a data folder, which no cluster takes: restore it into a folder, export that, and \
                         import it"
                    .to_owned(),
            ),
            _ => Ok(()),
        })
    })?;
    if !subjects.exists() {
        return Err(Failure::failed(format!("{}: it holds no data", input.display())));
    }
    import_subjects(&subjects, settings.clone(), &read.0).await?;
    Ok(read)
}

async fn import_subjects(file: &Path, settings: Settings, manifest: &Manifest) -> Result<(), Failure> {
    let configured = |number: &u32| settings.apps.iter().any(|app| app.app.get() == *number);
    if let Some(missing) = manifest.applications.iter().find(|number| !configured(number))
        && !settings.apps.is_empty()
    {
        return Err(Failure::usage(format!(
            "the backup has users of application {missing}, which is not configured"
        )));
    }
    let input = file.display().to_string();
    let args = ImportArgs { input, replace: false, restart: false };
    import::run_into(&args, settings).await
}

/// Writes a file of the inner folder, readable by its owner alone, to the disk.
fn put(path: &Path, content: &mut dyn Read) -> Result<(), String> {
    let mut write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        io::copy(content, &mut file)?;
        file.sync_all()
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

fn write_config(path: &PathBuf, text: &str) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}

/// A folder that holds something is a mistake of the command line.
fn refused(error: OpenError) -> Failure {
    match error {
        OpenError::Occupied { .. } => Failure::usage(error),
        error => Failure::failed(error),
    }
}
