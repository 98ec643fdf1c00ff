//! The server under test: the release binary, as an operator would run it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use foldmark_harness::free_address;
use foldmark_wire::usersig::NewUserSig;

use crate::child::{Guard, command};
use crate::compare::Failure;
use crate::figures::Figures;
use crate::fill::APP;
use crate::load::{Ask, Load};
use crate::people::{ID_BYTES, People, is_chat_group, text};
use crate::protocol::{FOLDMARK, Protocol, http_request};
use crate::template::{ANY_PEER, Template, USER, VALUE, peer};

/// The application's key.
const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
/// Who calls.
const ADMINISTRATOR: &str = "administrator";
/// Seconds for which the UserSig of all requests is valid.
const VALIDITY: u64 = 30 * 24 * 3600;

/// A running server.
pub(crate) struct Foldmark {
    guard: Guard,
    address: SocketAddr,
    data: PathBuf,
    usersig: String,
}

impl Foldmark {
    /// Starts the program on this data and waits until it listens. A pinned one has the first processor alone.
    pub(crate) fn start(program: &Path, data: &Path, pinned: bool) -> Result<Foldmark, Failure> {
        Foldmark::start_with(program, data, pinned, &[])
    }

    /// As [`Foldmark::start`], with settings beside the usual ones, by the names that they have in the environment.
    pub(crate) fn start_with(
        program: &Path,
        data: &Path,
        pinned: bool,
        settings: &[(&str, &str)],
    ) -> Result<Foldmark, Failure> {
        let mut started = Foldmark::spawn_with(program, data, pinned, settings)?;
        started.guard.await_listener(started.address)?;
        Ok(started)
    }

    /// Starts the program without waiting for it.
    pub(crate) fn spawn(program: &Path, data: &Path, pinned: bool) -> Result<Foldmark, Failure> {
        Foldmark::spawn_with(program, data, pinned, &[])
    }

    #[expect(clippy::disallowed_methods, reason = "a UserSig is valid from now on")]
    fn spawn_with(
        program: &Path,
        data: &Path,
        pinned: bool,
        settings: &[(&str, &str)],
    ) -> Result<Foldmark, Failure> {
        let address = free_address()?;
        let parent = data.parent().ok_or("the data folder has no parent")?;
        let config = parent.join(format!("foldmark-{}.toml", address.port()));
        let text = format!(
            "[server]\nlisten = \"{address}\"\n[admin]\nlisten = \"off\"\n[log]\nfilter = \"warn\"\n\
             [store]\npath = \"{}\"\n[[apps]]\nsdkappid = {APP}\nkey = \"{KEY}\"\n\
             [apps.limits]\ncalls_per_second = 0\n",
            data.display()
        );
        fs::write(&config, text)?;
        let mut command = command(program, pinned);
        command.arg("serve").arg("--config").arg(config).envs(settings.iter().copied());
        let guard = Guard::start("foldmark", command, parent)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let usersig = NewUserSig {
            sdkappid: APP,
            key: KEY.as_bytes(),
            identifier: ADMINISTRATOR,
            now,
            expire: VALIDITY,
            userbuf: None,
        };
        Ok(Foldmark { guard, address, data: data.to_owned(), usersig: usersig.make() })
    }

    /// Waits until the server listens.
    pub(crate) fn await_listener(&mut self) -> Result<(), Failure> {
        self.guard.await_listener(self.address)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.guard.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server as a crash would.
    pub(crate) fn kill(self) -> Result<(), Failure> {
        self.guard.kill()
    }

    /// Connects and checks that the first request is answered as it should be.
    pub(crate) fn load(&self, clients: usize, asks: Vec<Ask>) -> Result<Load, Failure> {
        let mut load = Load::connect(self.address, clients, FOLDMARK, asks)?;
        let answer = load.once()?;
        let answer = String::from_utf8_lossy(&answer);
        // A mark that changed nothing, or a lookup that found nothing, would be no comparison.
        if answer.contains("\"ResultCode\":5") || answer.contains("\"ContactResultItem\":[]") {
            return Err(format!("an unexpected answer: {answer}").into());
        }
        Ok(load)
    }

    /// Asks once on a connection of its own, for an answer that this protocol takes for a success.
    pub(crate) fn ask_once(&self, protocol: Protocol, asks: Vec<Ask>) -> Result<(), Failure> {
        Load::connect(self.address, 1, protocol, asks)?.once()?;
        Ok(())
    }

    /// A turn with the processor time that the server took for it.
    pub(crate) fn turn(&self, load: &mut Load, length: Duration) -> Result<Figures, Failure> {
        load.run_on(self.id(), length)
    }

    /// How many transactions the database has made so far: the number in the newer of its two meta pages.
    pub(crate) fn transactions(&self) -> Result<u64, Failure> {
        let file = File::open(self.data.join("data.mdb"))?;
        let mut newest = 0;
        for page in 0..2 {
            let mut number = [0; 8];
            file.read_exact_at(&mut number, page * META_PAGE_BYTES + META_TRANSACTION)?;
            newest = newest.max(u64::from_le_bytes(number));
        }
        Ok(newest)
    }

    /// A lookup of conversations of these numbers.
    pub(crate) fn search(&self, people: &People, conversations: &[u64]) -> Template {
        let items: Vec<String> =
            conversations.iter().map(|number| contact(*number, &peer(*number))).collect();
        let body = format!("{{\"From_Account\":\"{USER}\",\"ContactItem\":[{}]}}", items.join(","));
        self.template("search_contact_group", &body, people)
    }

    /// A change of one custom mark.
    pub(crate) fn mark(&self, people: &People) -> Template {
        self.template("mark_contact", &mark_body(&[mark_item(ANY_PEER)]), people)
    }

    /// A change of the custom marks of so many conversations.
    pub(crate) fn mark_many(&self, people: &People, count: usize) -> Template {
        let numbers = people.markable.iter().take(count);
        let items: Vec<String> = numbers.map(|number| mark_item(&peer(*number))).collect();
        self.template("mark_contact", &mark_body(&items), people)
    }

    /// A page of everything, from the record of this number on.
    pub(crate) fn page(&self, people: &People, start: u64) -> Template {
        let body = format!("{{\"From_Account\":\"{USER}\",\"StartIndex\":{start}}}");
        self.template("get_contact_group", &body, people)
    }

    /// A request to be told what changes of a user, or which users of the application change.
    pub(crate) fn watch(&self, user: Option<&[u8; ID_BYTES]>) -> Vec<u8> {
        let user = user.map_or(String::new(), |user| format!("&From_Account={}", text(user)));
        format!(
            "GET /v4/foldmark/watch?sdkappid={APP}&identifier={ADMINISTRATOR}&usersig={}{user} HTTP/1.1\r\n\
             Host: 127.0.0.1\r\n\r\n",
            self.usersig
        )
        .into_bytes()
    }

    fn template(&self, command: &str, body: &str, people: &People) -> Template {
        let path = format!(
            "/v4/recentcontact/{command}?sdkappid={APP}&identifier={ADMINISTRATOR}&usersig={}\
             &random=99999999&contenttype=json",
            self.usersig
        );
        Template::new(http_request(&path, body), people)
    }
}

/// Of the database's format: the size of a page, and where the number of the transaction stands in a meta page.
const META_PAGE_BYTES: u64 = 4096;
const META_TRANSACTION: u64 = 144;

/// A conversation as a request names it.
pub(crate) fn contact(number: u64, peer: &str) -> String {
    match is_chat_group(number) {
        true => format!("{{\"Type\":2,\"ToGroupId\":\"{peer}\"}}"),
        false => format!("{{\"Type\":1,\"To_Account\":\"{peer}\"}}"),
    }
}

fn mark_item(peer: &str) -> String {
    format!(
        "{{\"OptType\":2,\"ContactItem\":{{\"Type\":1,\"To_Account\":\"{peer}\"}},\"CustomMark\":\"{VALUE}\"}}"
    )
}

fn mark_body(items: &[String]) -> String {
    format!("{{\"From_Account\":\"{USER}\",\"MarkItem\":[{}]}}", items.join(","))
}

/// The program under test: as given, or the workspace's release binary, built if it is missing.
pub(crate) fn program(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.canonicalize().map_err(|error| format!("{}: {error}", given.display()))?);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = workspace.join("target/release/foldmark");
    if !built.exists() {
        eprintln!("Building foldmark.");
        let mut build = Command::new("cargo");
        build.current_dir(&workspace).args(["build", "--release", "--package", "foldmark"]);
        build.args(["--target-dir", "target"]);
        crate::child::run("cargo build", &mut build)?;
    }
    Ok(built.canonicalize()?)
}
