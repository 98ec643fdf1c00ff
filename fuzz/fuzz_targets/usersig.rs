//! UserSigs: as text that may be anything, as any document in the right wrapping, and as made here.
//!
//! No document may verify with a key that it was not signed with, and what was made here must verify.

#![no_main]

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use foldmark_wire::usersig::{NewUserSig, UserSig};
use libfuzzer_sys::fuzz_target;

const SDKAPPID: u32 = 1_400_000_000;
const KEY: &[u8] = b"5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const OTHER_KEY: &[u8] = b"another key";
const NOW: u64 = 1_775_217_000;

fuzz_target!(|data: &[u8]| {
    let Some((&way, rest)) = data.split_first() else { return };
    match way {
        0..=63 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                must_not_verify(text);
            }
        }
        64..=127 => must_not_verify(&wrap(rest)),
        _ => {
            if let Ok(identifier) = std::str::from_utf8(rest) {
                must_verify(identifier);
            }
        }
    }
});

fn must_not_verify(text: &str) {
    let Ok(usersig) = UserSig::decode(text) else { return };
    let sdkappid = u32::try_from(usersig.sdkappid).unwrap_or(SDKAPPID);
    let verified = usersig.verify(sdkappid, &usersig.identifier, &[OTHER_KEY], usersig.time);
    assert!(verified.is_err(), "signed with a key that nobody signs with");
    let _ = usersig.verify(SDKAPPID, "administrator", &[KEY, OTHER_KEY, b""], NOW);
}

fn must_verify(identifier: &str) {
    let new = NewUserSig { sdkappid: SDKAPPID, key: KEY, identifier, now: NOW, expire: 60, userbuf: None };
    match UserSig::decode(&new.make()) {
        Ok(usersig) => {
            assert!(usersig.verify(SDKAPPID, identifier, &[OTHER_KEY, KEY], NOW + 60).is_ok());
            assert!(usersig.verify(SDKAPPID, identifier, &[KEY], NOW + 61).is_err());
            assert!(usersig.verify(SDKAPPID, identifier, &[OTHER_KEY], NOW).is_err());
        }
        // Control characters are never accepted, nor is what does not fit.
        Err(_) => {
            assert!(identifier.bytes().any(|byte| byte < 0x20 || byte == 0x7f) || identifier.len() > 4096)
        }
    }
}

/// The document as a UserSig wraps it.
fn wrap(document: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(document).expect("writing to memory does not fail");
    let compressed = encoder.finish().expect("writing to memory does not fail");
    STANDARD.encode(compressed).replace('+', "*").replace('/', "-").replace('=', "_")
}
