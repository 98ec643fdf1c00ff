//! The examples of `docs/CLIENTS.md`, run as they stand in an empty folder, beside `foldmark serve` started there.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cases::Cases;
use crate::programs::{Programs, output};
use crate::{Failure, home};

/// How an example's block begins, the file that it becomes, and the program that runs it.
const EXAMPLES: [(&str, &str, &str); 3] = [
    ("```python\n", "example.py", "python3"),
    ("```js\n", "example.mjs", "node"),
    ("```java\n", "Example.java", "java"),
];

/// How many calls each example makes.
const CALLS: usize = 4;

/// Where `foldmark serve` listens without a configuration.
const ADDRESS: &str = "127.0.0.1:8080";

/// Runs each example beside a server of its own.
pub(crate) fn run(server: &Path, programs: &Programs, cases: &mut Cases) -> Result<(), Failure> {
    let path = home().join("../docs/CLIENTS.md");
    let page = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for (start, file, program) in EXAMPLES {
        let example = block(&page, start).ok_or_else(|| format!("CLIENTS.md lacks {}", start.trim_end()))?;
        let folder = tempfile::Builder::new().prefix("foldmark-example").tempdir();
        let folder = folder.map_err(|error| error.to_string())?;
        let outcome = run_one(server, programs, folder.path(), example, file, program);
        cases.add("examples of CLIENTS.md", file, outcome);
    }
    let blocks = page.matches("\n```").count() / 2;
    let told = EXAMPLES.len() + page.matches("\n```sh\n").count();
    let outcome =
        if blocks == told { Ok(()) } else { Err(format!("{blocks} blocks, of which {told} are run")) };
    cases.add("examples of CLIENTS.md", "no other blocks", outcome);
    Ok(())
}

fn run_one(
    binary: &Path,
    programs: &Programs,
    folder: &Path,
    example: &str,
    file: &str,
    program: &str,
) -> Result<(), Failure> {
    fs::write(folder.join(file), example).map_err(|error| error.to_string())?;
    let _server = Server::start(binary, folder)?;
    // Python of the environment is that of the machine, and certainly there.
    let program = if program == "python3" { programs.python() } else { program.into() };
    let printed = output(Command::new(program).arg(file).current_dir(folder))?;
    let good = printed.lines().filter(|line| line.contains(r#""ActionStatus":"OK""#)).count();
    if good != CALLS || printed.contains(r#""ResultCode":5"#) {
        return Err(format!("of {CALLS} calls {good} were answered OK:\n{printed}"));
    }
    Ok(())
}

/// A server without a configuration, killed when it is dropped.
struct Server(Child);

impl Server {
    fn start(binary: &Path, folder: &Path) -> Result<Server, Failure> {
        if TcpStream::connect(ADDRESS).is_ok() {
            return Err(format!("something else listens at {ADDRESS}"));
        }
        let mut line = Command::new(binary);
        line.arg("serve")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Server(line.spawn().map_err(|error| format!("{}: {error}", binary.display()))?);
        for _ in 0..400 {
            if TcpStream::connect(ADDRESS).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("the server did not start".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The text between the line `start` and the next fence.
fn block<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once("\n```").map(|(block, _)| block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_out() {
        assert_eq!(block("a\n```js\none\ntwo\n```\nrest", "```js\n"), Some("one\ntwo"));
        assert_eq!(block("a", "```js\n"), None);
    }
}
