//! `foldmark usersig`: makes a UserSig, or takes one apart.

use foldmark_server::clock::Clock;
use foldmark_server::config::Secret;
use foldmark_wire::usersig::{NewUserSig, UserSig};
use foldmark_wire::{Code, Fault};

use crate::args::UsersigArgs;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::{credentials, out};

pub(crate) fn run(args: &UsersigArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let now = args.time.unwrap_or_else(|| Clock::system().unix_seconds());
    match &args.verify {
        Some(usersig) => verify(usersig, args, config, now),
        None => make(args, config, now),
    }
}

fn make(args: &UsersigArgs, config: &ConfigArgs, now: u64) -> Result<(), Failure> {
    let identifier = args.identifier.as_deref().unwrap_or_default();
    if identifier.is_empty() {
        return Err(Failure::usage("the identifier must not be empty"));
    }
    let app = args.app.resolve(config)?;
    let (key, expire) = (app.key.expose().as_bytes(), args.expire);
    let new = NewUserSig { sdkappid: app.sdkappid, key, identifier, now, expire, userbuf: None };
    let usersig = new.make();
    // What no server would accept is not handed out.
    UserSig::decode(&usersig).map_err(Failure::usage)?;
    out::line(&usersig)
}

fn verify(text: &str, args: &UsersigArgs, config: &ConfigArgs, now: u64) -> Result<(), Failure> {
    let usersig = UserSig::decode(text).map_err(Failure::failed)?;
    let key = key(&usersig, args, config)?;
    let checked = check(&usersig, args, key.as_ref(), now);
    let signature = match &checked {
        _ if key.is_none() => "not checked; give --key-file",
        Err(fault) if fault.code == Code::UserSigVerification => "wrong",
        _ if is_signed(&usersig, key.as_ref()) => "right",
        _ => "wrong",
    };
    let expires_at = usersig.expires_at();
    let validity = match now > expires_at {
        true => format!("expired {} s ago", now - expires_at),
        false => format!("valid for {} s more", expires_at - now),
    };
    let userbuf = usersig.userbuf.as_deref().unwrap_or("none");
    out::line(&format!(
        "identifier  {}\nsdkappid    {}\ntime        {}\nexpire      {}\nexpires at  {expires_at}, {validity}\n\
         userbuf     {userbuf}\nsig         {}\nsignature   {signature}",
        usersig.identifier, usersig.sdkappid, usersig.time, usersig.expire, usersig.sig,
    ))?;
    match checked {
        Err(fault) if !(fault.code == Code::NoKey && key.is_none()) => Err(Failure::failed(fault)),
        _ => Ok(()),
    }
}

/// The key given, or that of the configuration file's application with the UserSig's number.
fn key(usersig: &UserSig, args: &UsersigArgs, config: &ConfigArgs) -> Result<Option<Secret>, Failure> {
    if let Some(key) = args.app.key()? {
        return Ok(Some(key));
    }
    let Ok(sdkappid) = u32::try_from(usersig.sdkappid) else {
        return Ok(None);
    };
    if !config.names_a_file() {
        return Ok(None);
    }
    Ok(credentials::configured(&config.load()?, Some(sdkappid))?.map(|app| app.key))
}

/// As a server checks it. Application and identifier are compared if they were given.
fn check(usersig: &UserSig, args: &UsersigArgs, key: Option<&Secret>, now: u64) -> Result<(), Fault> {
    let inside = u32::try_from(usersig.sdkappid).map_err(|_| Fault::from(Code::UserSigApplication))?;
    let sdkappid = args.app.sdkappid.unwrap_or(inside);
    let identifier = args.identifier.as_deref().unwrap_or(&usersig.identifier);
    let keys: Vec<&[u8]> = key.iter().map(|key| key.expose().as_bytes()).collect();
    usersig.verify(sdkappid, identifier, &keys, now).map(|_| ())
}

/// Whether the key fits, whatever else is wrong.
fn is_signed(usersig: &UserSig, key: Option<&Secret>) -> bool {
    let Ok(sdkappid) = u32::try_from(usersig.sdkappid) else {
        return false;
    };
    let keys: Vec<&[u8]> = key.iter().map(|key| key.expose().as_bytes()).collect();
    usersig.verify(sdkappid, &usersig.identifier, &keys, usersig.time).is_ok()
}
