//! Backups as files: whole, cut off, damaged, and as other programs see them.

use std::io::Cursor;
use std::process::Command;

use super::super::manifest::{CONFIG, DATA, DataKind};
use super::*;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        version: "0.1.0".to_owned(),
        started: "2026-11-23T13:59:08Z".to_owned(),
        ended: "2026-11-23T13:59:09Z".to_owned(),
        store: "embedded".to_owned(),
        data: DataKind::Snapshot,
        data_format: 1,
        users: 3,
        chat_groups: 2,
        applications: [7].into(),
        secrets: false,
        files: Vec::new(),
    }
}

fn archive_with(manifest: Manifest) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), 1_795_442_348);
    writer.add(CONFIG, 5, &mut &b"a = 1"[..]).unwrap();
    let filled: io::Result<u32> = writer.add_written(DATA, |out| {
        out.write_all(&[7; 1_000])?;
        out.write_all(b"the end")?;
        Ok(9)
    });
    assert_eq!(filled.unwrap(), 9);
    let (out, _) = writer.finish(manifest).unwrap();
    out.into_inner()
}

fn archive() -> Vec<u8> {
    archive_with(manifest())
}

/// What is in a backup; of the data only the first bytes are read.
fn contents(mut bytes: &[u8]) -> Result<(Vec<String>, Manifest), String> {
    let mut seen = Vec::new();
    let manifest = read(&mut bytes, &mut |member, content| {
        let mut begin = Vec::new();
        content.take(6).read_to_end(&mut begin).map_err(|error| error.to_string())?;
        seen.push(format!("{} {} {}", member.name, member.bytes, begin.escape_ascii()));
        Ok(())
    });
    manifest.map(|manifest| (seen, manifest)).map_err(|error| error.to_string())
}

#[test]
fn what_is_written_is_read() {
    let (seen, read) = contents(&archive()).unwrap();
    assert_eq!(seen, ["config.toml 5 a = 1", r"data.mdb 1007 \x07\x07\x07\x07\x07\x07"]);
    let names: Vec<_> = read.files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    assert_eq!(names, [("config.toml", 5), ("data.mdb", 1_007)]);
    assert_eq!(Manifest { files: Vec::new(), ..read }, manifest());
}

#[test]
fn every_flipped_bit_is_found() {
    let whole = archive();
    for bit in 0..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(contents(&damaged).is_err(), "bit {bit} of byte {}", bit / 8);
    }
}

#[test]
fn what_is_damaged_is_named() {
    let mut damaged = archive();
    let at = damaged.windows(7).position(|window| window == b"the end").unwrap();
    damaged[at] = b'T';
    let said = contents(&damaged).unwrap_err();
    assert_eq!(said, "data.mdb is damaged: it does not have the promised checksum");
}

#[test]
fn every_cut_is_found() {
    let whole = archive();
    for length in 0..whole.len() {
        assert!(contents(&whole[..length]).is_err(), "{length}");
    }
    assert!(contents(&[&whole[..], &[0]].concat()).unwrap_err().contains("behind its end"));
    assert_eq!(contents(&whole[..700]).unwrap_err(), "it is cut off within config.toml");
}

#[test]
fn a_newer_format_and_other_files_are_named() {
    let newer = contents(&archive_with(Manifest { format: 2, ..manifest() })).unwrap_err();
    assert!(newer.contains("has format 2, but this version of Foldmark knows only 1"), "{newer}");
    for other in [&b"PK\x03\x04"[..], &[b'x'; 2_000], &[0; 2_000]] {
        assert!(contents(other).is_err());
    }
}

#[test]
fn other_programs_take_it_apart() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.tar"), archive()).unwrap();
    let run = |line: &str| {
        let ran = Command::new("sh").args(["-c", line]).current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(run("tar tf backup.tar"), "config.toml\ndata.mdb\nmanifest.json\nmanifest.json.sha256\n");
    run("tar xf backup.tar");
    assert_eq!(run("sha256sum -c manifest.json.sha256"), "manifest.json: OK\n");
    assert_eq!(run("cat config.toml"), "a = 1");
    assert_eq!(run("stat -c %a data.mdb"), "600\n");
}
