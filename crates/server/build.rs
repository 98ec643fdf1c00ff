//! Takes the files of Swagger UI that the console serves out of the archive that its makers release, compressed as they
//! are there: an entry of a ZIP archive becomes a gzip file by another head and foot.

use std::path::Path;

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ARCHIVE;

const WANTED: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build by the environment where to put things")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR").expect("cargo says where to put what is built");
    for name in WANTED {
        let gzip = gzip_of(name).unwrap_or_else(|| panic!("the archive has no deflated dist/{name}"));
        let file = Path::new(&folder).join(format!("{name}.gz"));
        std::fs::write(&file, gzip).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// The entry whose path ends so, by the directory at the end of the archive.
fn gzip_of(name: &str) -> Option<Vec<u8>> {
    let ending = format!("/dist/{name}");
    let end = ARCHIVE.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let mut at = number(end + 16, 4)?;
    for _ in 0..number(end + 10, 2)? {
        let (path_length, more, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let path = ARCHIVE.get(at + 46..at + 46 + path_length)?;
        if path.ends_with(ending.as_bytes()) {
            return entry(at);
        }
        at += 46 + path_length + more + comment;
    }
    None
}

/// The entry that the directory describes at this place.
fn entry(at: usize) -> Option<Vec<u8>> {
    const DEFLATED: usize = 8;
    if number(at + 10, 2)? != DEFLATED {
        return None;
    }
    let (checksum, length) = (ARCHIVE.get(at + 16..at + 20)?, ARCHIVE.get(at + 24..at + 28)?);
    let (packed, local) = (number(at + 20, 4)?, number(at + 42, 4)?);
    let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    gzip.extend_from_slice(ARCHIVE.get(start..start + packed)?);
    gzip.extend_from_slice(checksum);
    gzip.extend_from_slice(length);
    Some(gzip)
}

/// A number of the archive, the least byte first.
fn number(at: usize, bytes: usize) -> Option<usize> {
    let bytes = ARCHIVE.get(at..at + bytes)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
