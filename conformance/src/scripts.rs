//! Clients in other languages. Each has a small script beside this program that makes its calls, and prints a line for
//! each case: `ok NAME`, or `failed NAME: reason`; the last line is `done`, so that a script that breaks off is seen.

use std::process::Command;

use crate::Failure;
use crate::cases::Cases;
use crate::programs::{Programs, output};
use crate::server::{APP, KEY, World};

/// Runs all of them.
pub(crate) fn run(world: &World, programs: &Programs, cases: &mut Cases) -> Result<(), Failure> {
    let trust = trust_store(world)?;
    let mut java = Command::new("java");
    java.arg(format!("-Djavax.net.ssl.trustStore={trust}"))
        .arg("-Djavax.net.ssl.trustStorePassword=changeit");
    java.args(["-cp", "lib/*", "Client.java"]).current_dir(programs.folder("java"));
    collect("Java im-server-sdk-java 0.3.43", with_access(&mut java, world), cases);

    let mut go = behind_hosts(world, programs.folder("go").join("client"));
    collect("Go dobyte/tencent-im 0.1.1", with_access(&mut go, world), cases);

    let mut python = behind_hosts(world, programs.python());
    python.arg("client.py").current_dir(programs.folder("python"));
    collect("Python timsdk 1.1.12", with_access(&mut python, world), cases);
    Ok(())
}

/// Notes what a script prints as cases of its client.
pub(crate) fn collect(client: &str, command: &mut Command, cases: &mut Cases) {
    let printed = match output(command) {
        Ok(printed) => printed,
        Err(error) => return cases.add(client, "runs to its end", Err(error)),
    };
    let mut done = false;
    for line in printed.lines() {
        if let Some(name) = line.strip_prefix("ok ") {
            cases.add(client, name, Ok(()));
        } else if let Some(failed) = line.strip_prefix("failed ") {
            let (name, reason) = failed.split_once(": ").unwrap_or((failed, "no reason given"));
            cases.add(client, name, Err(reason.to_owned()));
        } else if line == "done" {
            done = true;
        }
    }
    let outcome = if done { Ok(()) } else { Err(format!("it broke off:\n{printed}")) };
    cases.add(client, "runs to its end", outcome);
}

/// Tells a script where the server is and how it may call.
pub(crate) fn with_access<'a>(command: &'a mut Command, world: &World) -> &'a mut Command {
    let authority = world.file("ca.pem");
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
        .env("FOLDMARK_HOST", world.host())
        .env("FOLDMARK_APP", APP.to_string())
        .env("FOLDMARK_KEY", KEY)
        .env("FOLDMARK_USERSIG", &world.signature)
        .env("SSL_CERT_FILE", &authority)
        .env("REQUESTS_CA_BUNDLE", &authority)
        .env("NODE_EXTRA_CA_CERTS", &authority)
}

/// A program that finds the fixed host of the vendor at our address, by an `/etc/hosts` that it alone sees. Root is
/// needed, to mount it.
fn behind_hosts(world: &World, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", r#"mount --bind "$0" /etc/hosts && exec "$@""#]);
    command.arg(world.file("hosts")).arg(program);
    command
}

/// A store of certificates, as Java reads it.
fn trust_store(world: &World) -> Result<String, Failure> {
    let path = world.file("trust.p12").display().to_string();
    let mut line = Command::new("keytool");
    line.args(["-importcert", "-noprompt", "-alias", "authority", "-storetype", "PKCS12"]);
    line.args(["-storepass", "changeit", "-keystore", &path, "-file"]).arg(world.file("ca.pem"));
    output(&mut line)?;
    Ok(path)
}
