//! What clients do differently around the same call: headers, the order of the query, encodings, versions of HTTP.

use std::process::Command;

use reqwest::Method;
use serde_json::json;

use crate::Failure;
use crate::call::{code, reply, url};
use crate::cases::Cases;
use crate::server::{ADMINISTRATOR, APP, World};

const CLIENT: &str = "HTTP";
const CALL: &str = "im_open_login_svc/account_check";

/// Tries every way.
pub(crate) async fn run(world: &World, cases: &mut Cases) -> Result<(), Failure> {
    let signature = world.signature.as_str();
    let usual = url(world, CALL, APP, ADMINISTRATOR, signature);
    let host = world.host();
    let reordered = format!(
        "https://{host}/v4/{CALL}?contenttype=json&usersig={signature}&random=0&identifier={ADMINISTRATOR}&sdkappid={APP}"
    );
    let encoded = signature.replace('*', "%2A").replace('-', "%2D").replace('_', "%5F");
    let bare =
        format!("https://{host}/v4/{CALL}?sdkappid={APP}&identifier={ADMINISTRATOR}&usersig={signature}");
    let unknown = url(world, "recentcontact/no_such_call", APP, ADMINISTRATOR, signature);
    let ways = [
        ("JSON with a charset", Method::POST, usual.clone(), Some("application/json; charset=utf-8"), 0),
        (
            "a form by its header, as curl -d",
            Method::POST,
            usual.clone(),
            Some("application/x-www-form-urlencoded"),
            0,
        ),
        ("no content type", Method::POST, usual.clone(), None, 0),
        ("the query in another order", Method::POST, reordered, None, 0),
        (
            "a UserSig that is percent-encoded",
            Method::POST,
            url(world, CALL, APP, ADMINISTRATOR, &encoded),
            None,
            0,
        ),
        ("no random, no contenttype", Method::POST, bare.clone(), None, 0),
        ("random with a fraction", Method::POST, format!("{bare}&random=0.7312&contenttype=json"), None, 0),
        ("GET", Method::GET, usual.clone(), None, 60002),
        ("a path that names no call", Method::POST, unknown, None, 60009),
    ];
    for (name, method, url, content, expected) in ways {
        let mut request = world.http.request(method, &url).body(body());
        if let Some(content) = content {
            request = request.header("Content-Type", content);
        }
        cases.add(CLIENT, name, expect(request, expected).await);
    }
    cases.add(CLIENT, "the documented headers", headers(world, &usual).await);
    cases.add(CLIENT, "a browser asks first", preflight(world, &usual).await);
    for version in ["--http1.0", "--http1.1", "--http2"] {
        cases.add(CLIENT, &format!("curl {version}"), curl(world, &usual, &[version]));
    }
    // As PHP's curl does with every body of more than a kilobyte.
    let asks = curl(world, &usual, &["--http1.1", "-H", "Expect: 100-continue"]);
    cases.add(CLIENT, "a body that is sent after 100 Continue", asks);
    let chunked = curl(world, &usual, &["--http1.1", "-H", "Transfer-Encoding: chunked"]);
    cases.add(CLIENT, "a body in chunks", chunked);
    cases.add(CLIENT, "compressed answers wanted", curl(world, &usual, &["--compressed"]));
    Ok(())
}

async fn expect(request: reqwest::RequestBuilder, expected: i64) -> Result<(), Failure> {
    let reply = reply(request).await?;
    if code(&reply) == Some(expected) { Ok(()) } else { Err(format!("answered {reply}")) }
}

async fn headers(world: &World, url: &str) -> Result<(), Failure> {
    let response = world.http.post(url).body(body()).send().await.map_err(|error| error.to_string())?;
    let documented = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "X-Requested-With"),
        ("access-control-allow-methods", "POST"),
    ];
    for (name, value) in documented {
        let given = response.headers().get(name).and_then(|value| value.to_str().ok());
        if given.is_none_or(|given| !given.contains(value)) {
            return Err(format!("{name} is {given:?}"));
        }
    }
    match response.headers().get("content-length") {
        Some(_) => Ok(()),
        None => Err("no Content-Length".to_owned()),
    }
}

async fn preflight(world: &World, url: &str) -> Result<(), Failure> {
    let request = world.http.request(Method::OPTIONS, url).header("Origin", "https://chat.example.com");
    let response = request.send().await.map_err(|error| error.to_string())?;
    match response.headers().get("access-control-allow-origin") {
        Some(origin) if origin == "*" => Ok(()),
        other => Err(format!("status {}, origin {other:?}", response.status())),
    }
}

fn curl(world: &World, url: &str, options: &[&str]) -> Result<(), Failure> {
    let mut line = Command::new("curl");
    line.args(["-sS", "--noproxy", "*", "--max-time", "30"]).args(options);
    line.arg("--cacert").arg(world.file("ca.pem"));
    let output = line.args(["-d", &long_body(), url]).output().map_err(|error| format!("curl: {error}"))?;
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    match answer.contains(r#""ActionStatus":"OK""#) {
        true => Ok(()),
        false => Err(format!("answered {answer}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn body() -> String {
    json!({"CheckItem": [{"UserID": "somebody"}]}).to_string()
}

/// As many accounts as a call may name: 5 kB.
fn long_body() -> String {
    let accounts: Vec<_> = (0..100).map(|number| json!({"UserID": format!("{number:0>32}")})).collect();
    json!({"CheckItem": accounts}).to_string()
}
