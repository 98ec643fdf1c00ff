//! Redis beside Foldmark: a hash a user, a field a conversation; the log of changes synced before each answer.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use foldmark_harness::free_address;

use crate::child::{Guard, install, run};
use crate::compare::Failure;
use crate::fill::TIMESTAMP;
use crate::load::{Ask, Load};
use crate::people::{People, text};
use crate::protocol::{Protocol, redis_request};
use crate::template::{ANY_PEER, Template, USER, VALUE, peer};

/// A running Redis.
pub(crate) struct Redis {
    guard: Guard,
    address: SocketAddr,
}

impl Redis {
    /// Starts a new one and fills it; from then on every change is synced.
    pub(crate) fn start(folder: &Path, people: &[People]) -> Result<Redis, Failure> {
        install("redis-server", "/usr/bin/redis-server")?;
        let data = folder.join("redis");
        fs::create_dir(&data)?;
        let address = free_address()?;
        let mut command = Command::new("/usr/bin/redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]).arg("--dir").arg(&data);
        command.args(["--appendonly", "yes", "--appendfsync", "no", "--save", ""]);
        command.args(["--auto-aof-rewrite-percentage", "0"]);
        let mut guard = Guard::start("redis", command, folder)?;
        guard.await_listener(address)?;
        let redis = Redis { guard, address };
        redis.fill(folder, people)?;
        redis.cli(&["config", "set", "appendfsync", "always"])?;
        Ok(redis)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.guard.id()
    }

    /// Connects.
    pub(crate) fn load(&self, clients: usize, asks: Vec<Ask>) -> Result<Load, Failure> {
        let mut load = Load::connect(self.address, clients, Protocol::Redis, asks)?;
        load.once()?;
        Ok(load)
    }

    /// A lookup of conversations of these numbers.
    pub(crate) fn search(&self, people: &People, conversations: &[u64]) -> Template {
        let peers: Vec<String> = conversations.iter().map(|number| peer(*number)).collect();
        let mut words = vec!["HMGET", USER];
        words.extend(peers.iter().map(String::as_str));
        Template::new(redis_request(&words), people)
    }

    /// A change of one record.
    pub(crate) fn mark(&self, people: &People) -> Template {
        let value = format!("6|{VALUE}|1,2|{TIMESTAMP}");
        Template::new(redis_request(&["HSET", USER, ANY_PEER, &value]), people)
    }

    fn fill(&self, folder: &Path, people: &[People]) -> Result<(), Failure> {
        let path = folder.join("records.resp");
        let mut file = BufWriter::new(File::create(&path)?);
        for people in people.iter().filter(|people| people.records > 0) {
            for user in 0..people.count {
                let mut words = vec!["HSET".to_owned(), text(&people.id(user)).to_owned()];
                for number in 0..people.records {
                    words.push(text(&people.peer(user, number)).to_owned());
                    let groups: Vec<String> =
                        people.groups_of(number).iter().map(ToString::to_string).collect();
                    let (mark, custom) = (people.mark(number), people.custom(number));
                    words.push(format!("{mark}|{custom}|{}|{TIMESTAMP}", groups.join(",")));
                }
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                file.write_all(&redis_request(&words))?;
            }
        }
        file.flush()?;
        drop(file);
        let mut fill = Command::new("sh");
        let script = "redis-cli -p \"$1\" --pipe < \"$2\"";
        fill.args(["-c", script, "sh", &self.address.port().to_string()]).arg(&path);
        let told = run("redis-cli --pipe", &mut fill)?;
        if !told.contains("errors: 0") {
            return Err(format!("Redis was not filled: {told}").into());
        }
        fs::remove_file(path)?;
        Ok(())
    }

    fn cli(&self, words: &[&str]) -> Result<String, Failure> {
        let mut cli = Command::new("redis-cli");
        run("redis-cli", cli.args(["-p", &self.address.port().to_string()]).args(words))
    }
}
