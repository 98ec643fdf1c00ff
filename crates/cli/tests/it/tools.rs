//! `foldmark usersig`, `check-config`, `completions`, and the command line itself.

use std::fs;

use tempfile::tempdir;

use crate::support::{Ended, KEY, foldmark, run, run_with};

/// Whole UserSigs of other makers, for `xiaojun`, made at 1700000000 for 15552000 seconds.
const OTHERS: [&str; 2] = [
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMiUZOamKlkZmqOKplYUZBaBxE1NTY3gosWZ6UpWSj5ljuYp*p7l5unBxXnF2WVhVU4uAf7Ozi5JpX7O5SbuHuUhzgZJmQXaTia2SrUAohcx8g__",
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMikVhRkFqUCxU1NTY3goiWZuSAxc1S1xZnpQJN9yhzNU-Q9y83Tg4vzirPLwqqcXAL8nZ1dkkr9nMtN3D3KQ5wNkjILtJ1MbJVqAa3HMfI_",
];

fn here(args: &[&str]) -> Ended {
    run(tempdir().unwrap().path(), args)
}

#[test]
fn a_usersig_has_the_documented_signature() {
    for (identifier, expire, sig) in [
        ("xiaojun", "15552000", "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4="),
        ("administrator", "86400", "yLAe+w7WUeUuqbV9h/TX78u21oTGi+i9Zp1u3PpnY60="),
    ] {
        let app = ["--sdkappid", "1400000000", "--key", KEY, "--identifier", identifier];
        let time = ["--time", "1700000000"];
        let made = here(&[&["usersig"], &app[..], &time, &["--expire", expire]].concat());
        assert_eq!((made.status, made.stderr.as_str()), (0, ""));
        let taken = here(&[&["usersig", "--verify", made.stdout.trim()], &app[..], &time].concat());
        assert_eq!(taken.status, 0, "{}", taken.stderr);
        assert!(taken.stdout.contains(&format!("sig         {sig}\n")), "{}", taken.stdout);
    }
}

#[test]
fn usersigs_of_others_are_taken_apart() {
    for usersig in OTHERS {
        let taken = here(&["usersig", "--verify", usersig, "--key", KEY, "--time", "1700000100"]);
        let expected = "identifier  xiaojun\nsdkappid    1400000000\ntime        1700000000\nexpire      15552000\n\
             expires at  1715552000, valid for 15551900 s more\nuserbuf     none\n\
             sig         LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=\nsignature   right\n";
        assert_eq!((taken.status, taken.stdout.as_str()), (0, expected));
    }
}

#[test]
fn a_usersig_that_is_not_good_ends_with_1() {
    let verify = |more: &[&str]| here(&[&["usersig", "--verify", OTHERS[0]], more].concat());
    let now = ["--time", "1700000000"];
    let unchecked = verify(&now);
    assert_eq!(unchecked.status, 0);
    assert!(unchecked.stdout.ends_with("signature   not checked; give --key-file\n"));

    let expired = verify(&["--key", KEY, "--time", "1715552001"]);
    assert_eq!(expired.status, 1);
    assert!(expired.stdout.contains("expired 1 s ago"));
    assert!(expired.stdout.ends_with("signature   right\n"));

    let wrong = verify(&[&now[..], &["--key", "another"]].concat());
    assert_eq!(wrong.status, 1);
    assert!(wrong.stdout.ends_with("signature   wrong\n"));
    assert!(wrong.stderr.contains("70009"));

    let other = verify(&[&now[..], &["--key", KEY, "--identifier", "other"]].concat());
    assert_eq!(other.status, 1);
    assert!(other.stderr.contains("70013"));

    let unreadable = here(&["usersig", "--verify", "xyz"]);
    assert_eq!((unreadable.status, unreadable.stdout.as_str()), (1, ""));
}

#[test]
fn a_usersig_is_made_for_the_configured_application() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("app.key"), format!("{KEY}\n")).unwrap();
    let text =
        "[[apps]]\nsdkappid = 7\nkey = \"first\"\n[[apps]]\nsdkappid = 1400000000\nkey_file = \"app.key\"\n";
    fs::write(folder.path().join("foldmark.toml"), text).unwrap();
    let make = |more: &[&str]| {
        let args = [&["usersig", "--identifier", "a"], more].concat();
        run(folder.path(), &args)
    };
    let config = ["--config", "foldmark.toml"];
    let verify = |usersig: &str| {
        let args = [&["usersig", "--verify", usersig.trim()], &config[..]].concat();
        run(folder.path(), &args).stdout
    };
    let first = verify(&make(&config).stdout);
    assert!(first.contains("sdkappid    7\n") && first.ends_with("signature   right\n"), "{first}");
    let second = verify(&make(&["--config", "foldmark.toml", "--sdkappid", "1400000000"]).stdout);
    assert!(
        second.contains("sdkappid    1400000000\n") && second.ends_with("signature   right\n"),
        "{second}"
    );

    assert_eq!(make(&["--config", "foldmark.toml", "--sdkappid", "8"]).status, 2);
    assert_eq!(make(&[]).status, 2, "no file is read that was not named");
    assert_eq!(make(&["--sdkappid", "7", "--key-file", "missing"]).status, 2);
    assert_eq!(here(&["usersig", "--sdkappid", "7", "--key", "k", "--identifier", "a\nb"]).status, 2);

    let mut by_environment = foldmark(folder.path(), &["usersig", "--identifier", "a"]);
    by_environment.env("FOLDMARK_CONFIG", "foldmark.toml");
    assert_eq!(run_with(by_environment, "").status, 0);
}

#[test]
fn a_configuration_is_described_or_all_its_problems_are() {
    let folder = tempdir().unwrap();
    let good = "[server]\nlisten = \"127.0.0.1:1234\"\n[[apps]]\nsdkappid = 7\nkey = \"secret\"\n";
    fs::write(folder.path().join("good.toml"), good).unwrap();
    fs::write(folder.path().join("bad.toml"), "[server]\nlisen = \"x\"\n[[apps]]\nsdkappid = 0\n").unwrap();

    let described =
        run(folder.path(), &["check-config", "--config", "good.toml", "--set", "store.map_gib=2"]);
    assert_eq!((described.status, described.stderr.as_str()), (0, ""));
    assert!(described.stdout.contains("\nlisten = [\"127.0.0.1:1234\"]\n"));
    assert!(described.stdout.contains("map_gib = 2\n"));
    assert!(described.stdout.contains("# key = \"***\"") && !described.stdout.contains("\"secret\""));

    let wrong = run(folder.path(), &["check-config", "--config", "bad.toml"]);
    assert_eq!((wrong.status, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.starts_with("foldmark: the configuration is wrong\n"));
    for part in ["server.lisen", "apps.0.sdkappid", "apps.0.key"] {
        assert!(wrong.stderr.contains(part), "{part}: {}", wrong.stderr);
    }
    let filter = run(folder.path(), &["check-config", "--set", "log.filter=info,foo=bar=baz"]);
    assert_eq!(filter.status, 2);
    assert!(filter.stderr.contains("log.filter"), "{}", filter.stderr);
    assert_eq!(run(folder.path(), &["check-config", "--config", "missing.toml"]).status, 2);
}

#[test]
fn completions_are_scripts_for_shells() {
    // What is given for fish knows no values of arguments.
    for (shell, word) in
        [("bash", "search_contact_group"), ("zsh", "search_contact_group"), ("fish", "admin-token")]
    {
        let ended = here(&["completions", shell]);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.contains(word), "{shell}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for args in [
        &["serv"][..],
        &[],
        &["call"],
        &["usersig"],
        &["serve", "--set", "novalue"],
        &["demo", "--listen", "x"],
    ] {
        let ended = here(args);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{args:?}");
    }
    assert_eq!(here(&["--help"]).status, 0);
    assert!(here(&["--version"]).stdout.starts_with("foldmark "));
}
