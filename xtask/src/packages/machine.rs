//! A folder that plays the root of a machine: packages are installed there, and the service runs there as its unit says,
//! as its own user, with nothing to write but its data folder, without new privileges.
//!
//! What of the unit needs a running systemd (system call filters, limits of address families and of memory) is not
//! played; `systemd-analyze` looks at it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::deb::output;
use super::unit::Unit;
use crate::run::{Outcome, say};

/// In a namespace of mounts that ends with the process: everything read-only but the data folder, and no other processes in
/// /proc. `$1` is the root, `$2` the user, and the rest is run there.
const RUN: &str = r#"
mount --bind "$1" "$1"
mount --bind "$1/var/lib/foldmark" "$1/var/lib/foldmark"
mount -o remount,bind,ro "$1"
mount -t proc -o hidepid=invisible proc "$1/proc"
root=$1 user=$2
shift 2
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"#;

/// A root folder.
pub(super) struct Machine {
    root: PathBuf,
}

impl Machine {
    /// An empty one, with the libraries that a program of this machine needs.
    pub(super) fn new(root: PathBuf) -> Result<Machine, String> {
        for folder in ["etc", "proc", "tmp", "run", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.join(folder)).map_err(|error| error.to_string())?;
        }
        for file in ["status", "available"] {
            fs::write(root.join("var/lib/dpkg").join(file), "").map_err(|error| error.to_string())?;
        }
        let machine = Machine { root };
        machine.copy_libraries()?;
        Ok(machine)
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Runs dpkg on the folder. Scripts run with this machine's programs, and know the folder as `DPKG_ROOT`. What the
    /// package depends on is not installed there.
    pub(super) fn dpkg(&self, arguments: &[&str]) -> Outcome {
        say(&format!("$ dpkg {}", arguments.join(" ")));
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.root.display()));
        dpkg.args(["--force-script-chrootless", "--force-depends"]).args(arguments);
        output(&mut dpkg).map(|_| ())
    }

    /// Writes a file that the group of the service may read, and others may not.
    pub(super) fn write_secret(&self, file: &str, text: &str) -> Outcome {
        let (_, gid) = self.service_user()?;
        let path = self.path(file);
        let written = fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o640)))
            .and_then(|()| chown(&path, None, Some(gid)));
        written.map_err(|error| format!("{file}: {error}"))
    }

    pub(super) fn expect_mode(&self, file: &str, mode: u32) -> Outcome {
        let metadata = fs::metadata(self.path(file)).map_err(|error| format!("{file}: {error}"))?;
        match metadata.permissions().mode() & 0o7777 {
            found if found == mode => Ok(()),
            found => Err(format!("{file} has mode {found:o} and not {mode:o}")),
        }
    }

    pub(super) fn expect_gone(&self, file: &str) -> Outcome {
        match fs::symlink_metadata(self.path(file)) {
            Ok(_) => Err(format!("{file} is there")),
            Err(_) => Ok(()),
        }
    }

    pub(super) fn expect_conffile(&self, file: &str) -> Outcome {
        let admin = format!("--admindir={}", self.path("var/lib/dpkg").display());
        let mut query = Command::new("dpkg-query");
        let listed = output(query.args([&admin, "--show", "--showformat=${Conffiles}", "foldmark"]))?;
        match listed.contains(&format!("/{file} ")) {
            true => Ok(()),
            false => Err(format!("{file} is no conffile: {listed:?}")),
        }
    }

    /// A command that runs what is appended to it in the folder, as the service's user.
    pub(super) fn command(&self, variables: &[(&str, &str)]) -> Result<Command, String> {
        let (uid, gid) = self.service_user()?;
        let user = format!("{uid}:{gid}");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-euc", RUN, "sh"]).arg(&self.root).arg(user);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(variables.iter().copied());
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// The numbers of the service's user and group, whom the package has made.
    pub(super) fn service_user(&self) -> Result<(u32, u32), String> {
        let name = Unit::read()?.get("User")?.to_owned();
        let users =
            fs::read_to_string(self.path("etc/passwd")).map_err(|error| format!("etc/passwd: {error}"))?;
        for user in users.lines() {
            let fields: Vec<&str> = user.split(':').collect();
            if let [found, _, uid, gid, ..] = fields[..]
                && found == name
            {
                let number = |text: &str| text.parse::<u32>().map_err(|error| format!("etc/passwd: {error}"));
                return Ok((number(uid)?, number(gid)?));
            }
        }
        Err(format!("the package has not made the user {name}"))
    }

    /// What systemd does for `StateDirectory=`.
    pub(super) fn make_state_folder(&self, unit: &Unit) -> Outcome {
        let (uid, gid) = self.service_user()?;
        let folder = self.path("var/lib").join(unit.get("StateDirectory")?);
        let mode =
            u32::from_str_radix(unit.get("StateDirectoryMode")?, 8).map_err(|error| error.to_string())?;
        let made = fs::create_dir_all(&folder)
            .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)))
            .and_then(|()| chown(&folder, Some(uid), Some(gid)));
        made.map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// Copies the shared libraries of the release binary, so that it can run in the folder.
    fn copy_libraries(&self) -> Outcome {
        let listed = output(Command::new("ldd").arg(super::binary()))?;
        for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
            let copy = self.path(library.trim_start_matches('/'));
            let folder = copy.parent().ok_or("a library is in a folder")?;
            let copied = fs::create_dir_all(folder).and_then(|()| fs::copy(library, &copy));
            copied.map_err(|error| format!("{library}: {error}"))?;
        }
        Ok(())
    }
}
