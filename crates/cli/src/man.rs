//! `foldmark man`: the man pages, made of the command line's definitions and of the table of configuration keys. Nothing
//! but the version goes into them, no date either, so that a version always writes the same bytes.

use std::fs;
use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use foldmark_server::config::{KeyReference, keys};

use crate::args::{Args, ManArgs};
use crate::failure::Failure;
use crate::out;

const MANUAL: &str = "Foldmark";
const SOURCE: &str = concat!("Foldmark ", env!("CARGO_PKG_VERSION"));
/// Not empty, or the source would stand in its place.
const NO_DATE: &str = " ";

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    let folder = &args.folder;
    fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    for (name, page) in pages().map_err(Failure::failed)? {
        let file = folder.join(name);
        fs::write(&file, page).map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
        out::line(&file.display().to_string())?;
    }
    Ok(())
}

/// All pages with their file names.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages)?;
    pages.push(("foldmark.toml.5".to_owned(), configuration()?));
    Ok(pages)
}

/// The page of a command, and of all below it that people are told of.
fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let man = Man::new(command.clone()).date(NO_DATE).source(SOURCE).manual(MANUAL);
    let name = man.get_filename();
    pages.push((name, page(&man, command)?));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(below, pages)?;
    }
    Ok(())
}

fn page(man: &Man, command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    if let Some(help) = command.get_after_help() {
        after_help(&mut roff, &help.to_string());
    }
    roff.control("SH", ["SEE ALSO"]);
    see_also(&mut roff, command);
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// What stands below the options: examples, which keep their lines, and paragraphs.
fn after_help(roff: &mut Roff, help: &str) {
    let mut is_example = false;
    for line in help.lines() {
        if line == "Examples:" {
            roff.control("SH", ["EXAMPLES"]);
        } else if let Some(example) = line.strip_prefix("  ") {
            if !is_example {
                roff.control("nf", []);
                is_example = true;
            }
            roff.text([roman(example)]);
        } else {
            if is_example {
                roff.control("fi", []);
                roff.control("SH", ["NOTES"]);
                is_example = false;
            }
            if line.is_empty() {
                continue;
            }
            // The statuses are what scripts look for.
            match line.split_once("Exit status: ") {
                Some((before, statuses)) => {
                    if !before.is_empty() {
                        roff.text([roman(before.trim_end())]);
                    }
                    roff.control("PP", []);
                    roff.text([bold("Exit status:"), roman(" "), roman(statuses)]);
                }
                None => {
                    roff.text([roman(line)]);
                }
            }
        }
    }
    if is_example {
        roff.control("fi", []);
    }
}

fn see_also(roff: &mut Roff, command: &Command) {
    let is_top = command.get_name() == "foldmark";
    let mut line = if is_top { Vec::new() } else { vec![bold("foldmark"), roman("(1), ")] };
    line.extend([bold("foldmark.toml"), roman("(5)")]);
    roff.text(line);
}

/// foldmark.toml(5).
fn configuration() -> io::Result<Vec<u8>> {
    let mut roff = Roff::new();
    roff.control("TH", ["foldmark.toml", "5", NO_DATE, SOURCE, MANUAL]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("foldmark.toml - configuration of Foldmark")]);
    roff.control("SH", ["DESCRIPTION"]);
    for paragraph in DESCRIPTION.split("\n\n") {
        roff.control("PP", []);
        roff.text(with_code(&paragraph.replace('\n', " ")));
    }
    roff.control("SH", ["KEYS"]);
    let mut open_table = String::new();
    for key in keys() {
        let (table, _) = key.name.rsplit_once('.').unwrap_or(("", &key.name));
        if table != open_table {
            open_table = table.to_owned();
            roff.control("SS", [format!("[{table}]").replace("[apps.N]", "[[apps]]").as_str()]);
        }
        one_key(&mut roff, &key);
    }
    roff.control("SH", ["EXAMPLE"]);
    roff.control("nf", []);
    for line in EXAMPLE.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("SH", ["FILES"]);
    roff.control("TP", []);
    roff.text([italic("/etc/foldmark/foldmark.toml")]);
    roff.text([roman("What the service of the Debian package reads.")]);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("foldmark-check-config"), roman("(1), "), bold("foldmark-serve"), roman("(1)")]);
    let mut text = Vec::new();
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn one_key(roff: &mut Roff, key: &KeyReference) {
    roff.control("TP", []);
    roff.text([bold(key.name.as_str()), roman(" ("), roman(key.kind), roman(")")]);
    roff.text(with_code(&key.meaning));
    let limits = if key.limits.is_empty() { String::new() } else { format!("; {}", key.limits) };
    roff.text(with_code(&format!("Default: {}{limits}. Variable: `{}`.", key.default, key.variable)));
}

/// A text in which what stands between backticks is bold.
fn with_code(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

const DESCRIPTION: &str = "\
Foldmark reads one TOML file, which `--config FILE` or the variable `FOLDMARK_CONFIG` names. No file is read that was not
named.

Every key can also be given as an environment variable, or on the command line as `--set key=value`. The later one of
this list wins: the default, the file, the environment, the command line. A list given as a variable is separated by
commas, or given item by item (`FOLDMARK_SERVER_LISTEN_0`); a table of numbers is `name=3,other=2`. Applications are
numbered from 0 in place of `N`. A secret may be kept in a file. An empty variable counts as not set. Relative paths in
the file start at the file's folder.

`foldmark check-config` prints the configuration with its defaults filled in, or everything that is wrong with it.";

const EXAMPLE: &str = "\
[server]
listen = \"127.0.0.1:8080\"
[store]
path = \"/var/lib/foldmark\"
[[apps]]
sdkappid = 1400000000
key_file = \"app.key\"
administrators = [\"administrator\"]";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn all() -> BTreeMap<String, String> {
        let text = |page| String::from_utf8(page).unwrap();
        pages().unwrap().into_iter().map(|(name, page)| (name, text(page))).collect()
    }

    #[test]
    fn every_command_that_people_are_told_of_has_a_page() {
        let pages = all();
        for name in
            ["foldmark.1", "foldmark-serve.1", "foldmark-store-init.1", "foldmark-man.1", "foldmark.toml.5"]
        {
            assert!(pages.contains_key(name), "{name} is not in {:?}", pages.keys());
        }
        assert!(!pages.contains_key("foldmark-verify-walk.1"));
        let commands = Args::command();
        for command in commands.get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = &pages[&format!("foldmark-{}.1", command.get_name())];
            assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{page}");
        }
    }

    #[test]
    fn examples_keep_their_lines_and_statuses_are_told() {
        let page = &all()["foldmark-health.1"];
        assert!(
            page.contains(".SH EXAMPLES\n.nf\nfoldmark health\nfoldmark health \\-\\-config /etc"),
            "{page}"
        );
        assert!(page.contains(".PP\n\\fBExit status:\\fR 0 if"), "{page}");
    }

    #[test]
    fn every_key_is_in_the_page_of_the_configuration() {
        let page = &all()["foldmark.toml.5"];
        for key in keys() {
            assert!(page.contains(&format!("\\fB{}\\fR (", key.name)), "{}", key.name);
            assert!(page.contains(&key.variable), "{}", key.variable);
        }
    }

    #[test]
    fn the_same_version_writes_the_same_bytes() {
        let pages = all();
        assert_eq!(pages, all());
        for (name, page) in pages {
            let title = page.lines().find(|line| line.starts_with(".TH ")).unwrap();
            let expected = format!(" \"{NO_DATE}\" \"{SOURCE}\" {MANUAL}");
            assert!(title.ends_with(&expected), "{name}: {title}");
        }
    }
}
