//! Known signatures, every refusal, and hostile input.

use super::*;

const KEY: &[u8] = b"5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const NOW: u64 = 1_700_000_000;

/// Whole signatures of `xiaojun` for 180 days, made by two other implementations.
const WHOLE: [&str; 2] = [
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMiUZOamKlkZmqOKplYUZBaBxE1NTY3gosWZ6UpWSj5ljuYp*p7l5unBxXnF2WVhVU4uAf7Ozi5JpX7O5SbuHuUhzgZJmQXaTia2SrUAohcx8g__",
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMikVhRkFqUCxU1NTY3goiWZuSAxc1S1xZnpQJN9yhzNU-Q9y83Tg4vzirPLwqqcXAL8nZ1dkkr9nMtN3D3KQ5wNkjILtJ1MbJVqAa3HMfI_",
];

/// The least that can be taken apart.
const MINIMAL: &[u8] =
    br#"{"TLS.identifier":"a","TLS.sdkappid":1,"TLS.time":2,"TLS.expire":3,"TLS.sig":"x"}"#;

fn new(identifier: &str, expire: u64) -> NewUserSig<'_> {
    NewUserSig { sdkappid: 1_400_000_000, key: KEY, identifier, now: NOW, expire, userbuf: None }
}

fn room() -> UserBuf<'static> {
    UserBuf {
        sdkappid: 1_400_000_000,
        identifier: "xiaojun",
        room: Room::Number(10_000),
        expires_at: 1_715_552_000,
        privileges: 255,
    }
}

/// A UserSig around any document.
fn pack(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, json).unwrap();
    let text = STANDARD.encode(encoder.finish().unwrap());
    text.replace('+', "*").replace('/', "-").replace('=', "_")
}

fn decode_code(text: &str) -> i32 {
    match UserSig::decode(text) {
        Ok(_) => 0,
        Err(fault) => fault.code.number(),
    }
}

fn verify_code(sig: &UserSig, keys: &[&[u8]], now: u64) -> i32 {
    match sig.verify(1_400_000_000, "xiaojun", keys, now) {
        Ok(_) => 0,
        Err(fault) => fault.code.number(),
    }
}

#[test]
fn known_signatures() {
    let room = room().to_bytes().unwrap();
    assert_eq!(STANDARD.encode(&room), "AAAHeGlhb2p1blNyTgAAACcQZkE/AAAAAP8AAAAA");
    let vectors: [(&str, u64, Option<&[u8]>, &str); 4] = [
        ("xiaojun", 15_552_000, None, "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4="),
        ("administrator", 86_400, None, "yLAe+w7WUeUuqbV9h/TX78u21oTGi+i9Zp1u3PpnY60="),
        ("xiaojun", 15_552_000, Some(b"abc"), "QjT201xPkXk/aM1e+y0vakZb0K2iPrFue++0s5y6bFM="),
        ("xiaojun", 15_552_000, Some(&room), "y9Avb5xwHgIgoABbGakLaE0xs+v/dLcIPegbWfcbRLI="),
    ];
    for (identifier, expire, userbuf, expected) in vectors {
        let made = NewUserSig { userbuf, ..new(identifier, expire) }.make();
        assert!(made.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-_".contains(&byte)));
        let sig = UserSig::decode(&made).unwrap();
        assert_eq!(sig.sig, expected);
        assert_eq!(sig.userbuf, userbuf.map(|bytes| STANDARD.encode(bytes)));
        let verified = sig.verify(1_400_000_000, identifier, &[KEY], NOW).unwrap();
        assert_eq!(verified.expires_at, NOW + expire);
    }
}

#[test]
fn whole_signatures_of_others_verify() {
    for text in WHOLE {
        let sig = UserSig::decode(text).unwrap();
        assert_eq!(sig.sig, "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=");
        assert_eq!(
            (sig.identifier.as_str(), sig.sdkappid, sig.time, sig.expire),
            ("xiaojun", 1_400_000_000, NOW, 15_552_000)
        );
        assert_eq!(verify_code(&sig, &[KEY], NOW), 0);
    }
}

#[test]
fn a_userbuf_may_name_a_room() {
    let bytes = UserBuf { room: Room::Name("röm"), ..room() }.to_bytes().unwrap();
    assert_eq!(bytes[0], 1);
    assert_eq!(bytes[14..18], [0; 4]);
    assert_eq!(bytes[30..], [0, 4, b'r', 0xc3, 0xb6, b'm']);
    let long = "x".repeat(65_536);
    assert_eq!(UserBuf { identifier: &long, ..room() }.to_bytes(), None);
    assert_eq!(UserBuf { room: Room::Name(&long), ..room() }.to_bytes(), None);
}

#[test]
fn refusals_come_in_their_order() {
    let sig = UserSig::decode(WHOLE[0]).unwrap();
    let late = NOW + 15_552_001;
    let code = |sdkappid: u32, identifier: &str, keys: &[&[u8]], now: u64| {
        sig.verify(sdkappid, identifier, keys, now).unwrap_err().code.number()
    };
    assert_eq!(code(1, "Xiaojun", &[], late), 70013);
    assert_eq!(code(1, "xiaojun", &[], late), 70014);
    assert_eq!(code(1_400_000_000, "xiaojun", &[], late), 70001);
    assert_eq!(code(1_400_000_000, "xiaojun", &[], NOW), 70016);
    assert_eq!(code(1_400_000_000, "xiaojun", &[b"wrong"], NOW), 70009);
}

#[test]
fn it_is_valid_to_its_last_second_and_before_its_time() {
    let sig = UserSig::decode(WHOLE[0]).unwrap();
    assert_eq!(verify_code(&sig, &[KEY], NOW + 15_552_000), 0);
    assert_eq!(verify_code(&sig, &[KEY], NOW + 15_552_001), 70001);
    assert_eq!(verify_code(&sig, &[KEY], 0), 0);
}

#[test]
fn any_of_several_keys_will_do_but_an_empty_one_never() {
    let sig = UserSig::decode(WHOLE[0]).unwrap();
    assert_eq!(verify_code(&sig, &[b"old", b"", KEY], NOW), 0);
    let forged = NewUserSig { key: b"", ..new("xiaojun", 100) }.make();
    let forged = UserSig::decode(&forged).unwrap();
    assert_eq!(verify_code(&forged, &[b""], NOW), 70009);
}

#[test]
fn a_changed_field_does_not_verify() {
    let genuine = UserSig::decode(WHOLE[0]).unwrap();
    let changed = [
        UserSig { expire: genuine.expire + 1, ..genuine.clone() },
        UserSig { time: genuine.time + 1, ..genuine.clone() },
        UserSig { userbuf: Some("YWJj".to_owned()), ..genuine.clone() },
        UserSig { sig: String::new(), ..genuine.clone() },
        UserSig { sig: genuine.sig.to_lowercase(), ..genuine.clone() },
    ];
    for sig in changed {
        assert_eq!(verify_code(&sig, &[KEY], NOW), 70009, "{sig:?}");
    }
}

#[test]
fn numbers_may_be_strings_and_the_version_anything() {
    let sig = &UserSig::decode(WHOLE[0]).unwrap().sig;
    for ver in [r#""TLS.ver":3,"#, r#""TLS.ver":null,"#, ""] {
        let json = format!(
            r#"{{{ver}"TLS.identifier":"xiaojun","TLS.sdkappid":"1400000000","TLS.time":"1700000000",
            "TLS.expire":"15552000","TLS.userbuf":null,"TLS.sig":"{sig}","More":[]}}"#
        );
        let decoded = UserSig::decode(&pack(json.as_bytes())).unwrap();
        assert_eq!(verify_code(&decoded, &[KEY], NOW), 0);
    }
}

#[test]
fn what_cannot_be_read_is_70003() {
    assert_eq!(decode_code(""), 70002);
    let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut raw, MINIMAL).unwrap();
    let raw_deflate = &STANDARD.encode(raw.finish().unwrap());
    assert_eq!(decode_code(&pack(MINIMAL)), 0);
    for text in [
        "x",
        "____",
        "    ",
        "\u{e9}",
        "e*J-",
        WHOLE[0].trim_end_matches('_'),
        raw_deflate,
        &"A".repeat(9000),
    ] {
        assert_eq!(decode_code(text), 70003, "{text}");
    }
    let cut = &WHOLE[0][..WHOLE[0].len() - 8];
    assert_eq!(decode_code(cut), 70003);
}

#[test]
fn a_damaged_signature_is_never_another_one() {
    let genuine = UserSig::decode(WHOLE[0]).unwrap();
    for index in 0..WHOLE[0].len() {
        let mut bytes = WHOLE[0].as_bytes().to_vec();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        // The compressed data has a few bits without a meaning; whatever else changes has to be noticed.
        match UserSig::decode(&text) {
            Ok(sig) => assert_eq!(sig, genuine, "{index}"),
            Err(fault) => assert_eq!(fault.code, Code::UserSigInvalid),
        }
    }
}

#[test]
fn documents_that_say_too_little_or_too_much_are_70003() {
    let document = |identifier: &str, numbers: &str, rest: &str| {
        let json = format!(r#"{{"TLS.identifier":{identifier},{numbers},"TLS.sig":"x"{rest}}}"#);
        decode_code(&pack(json.as_bytes()))
    };
    let numbers = r#""TLS.sdkappid":1,"TLS.time":2,"TLS.expire":3"#;
    assert_eq!(document(r#""a""#, numbers, ""), 0);
    assert_eq!(document("7", numbers, ""), 70003);
    assert_eq!(document("null", numbers, ""), 70003);
    for control in ["\\n", "\\u0000", "\\u001f", "\\u007f"] {
        assert_eq!(document(&format!("\"a{control}\""), numbers, ""), 70003);
    }
    for numbers in [
        r#""TLS.sdkappid":1,"TLS.time":2"#,
        r#""TLS.sdkappid":1,"TLS.time":-2,"TLS.expire":3"#,
        r#""TLS.sdkappid":1.5,"TLS.time":2,"TLS.expire":3"#,
        r#""TLS.sdkappid":"","TLS.time":2,"TLS.expire":3"#,
        r#""TLS.sdkappid":"+1","TLS.time":2,"TLS.expire":3"#,
        r#""TLS.sdkappid":1,"TLS.time":18446744073709551615,"TLS.expire":1"#,
        r#""TLS.sdkappid":1,"TLS.time":"18446744073709551616","TLS.expire":0"#,
        r#""TLS.sdkappid":1,"TLS.sdkappid":1,"TLS.time":2,"TLS.expire":3"#,
    ] {
        assert_eq!(document(r#""a""#, numbers, ""), 70003, "{numbers}");
    }
    for userbuf in ["7", r#""*""#, r#""YWJj\n""#, r#""YWJ""#, r#""YWJ=""#] {
        let expected = 70003;
        assert_eq!(
            document(r#""a""#, numbers, &format!(r#","TLS.userbuf":{userbuf}"#)),
            expected,
            "{userbuf}"
        );
    }
    for json in ["", "[]", "null", "{}", "{\"TLS.sig\":\"x\"}", "\u{feff}{}"] {
        assert_eq!(decode_code(&pack(json.as_bytes())), 70003, "{json}");
    }
}

#[test]
fn a_bomb_is_stopped_at_64_kib() {
    let sized = |bytes: usize| {
        let mut json = MINIMAL.to_vec();
        json.resize(bytes, b' ');
        decode_code(&pack(&json))
    };
    assert_eq!(sized(USER_SIG_INFLATED_BYTES_MAX), 0);
    assert_eq!(sized(USER_SIG_INFLATED_BYTES_MAX + 1), 70003);
    assert_eq!(sized(8 * 1024 * 1024), 70003);
}

#[test]
fn a_log_never_shows_the_signature() {
    let sig = UserSig::decode(WHOLE[0]).unwrap();
    let shown = format!("{sig:?}");
    assert!(shown.contains("xiaojun") && !shown.contains(&sig.sig));
}
