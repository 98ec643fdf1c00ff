//! Swagger UI over the description of the calls, for those who are signed in.
//!
//! Its files come with a crate and are served from here, compressed as they are in it; the script that starts it is our
//! own, so that no page holds one. What it tries out goes to the listener of the calls, which its page alone may reach
//! beside our own.

use std::io::Read;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::Console;
use super::api;
use super::frame;
use super::guard::Operator;
use super::language::Language;

#[derive(Template)]
#[template(path = "console/swagger.html")]
struct Page {
    language: Language,
    digest: &'static str,
}

/// A file, compressed.
struct File {
    name: &'static str,
    content_type: &'static str,
    gzip: &'static [u8],
}

const FILES: [File; 2] = [
    File {
        name: "swagger-ui.css",
        content_type: "text/css; charset=utf-8",
        gzip: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    },
    File {
        name: "swagger-ui-bundle.js",
        content_type: "text/javascript; charset=utf-8",
        gzip: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    },
];

/// Our own script and stylesheet.
const START: &str = include_str!("../../assets/console/swagger.js");
const STYLE: &str = include_str!("../../assets/console/swagger.css");

/// Stands in the names of all files, so that browsers keep them for good.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    FILES.iter().for_each(|file| hash.update(file.gzip));
    hash.update(START);
    hash.update(STYLE);
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    operator: Operator,
    headers: HeaderMap,
) -> Response {
    let page = Page { language: operator.language, digest: &DIGEST };
    let mut response = frame::render(StatusCode::OK, &page);
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
         connect-src 'self' {}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        api::bases(&console, &headers).join(" ")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The description of the calls, with this server's addresses.
pub(super) async fn document(
    State(console): State<Arc<Console>>,
    _operator: Operator,
    headers: HeaderMap,
) -> Response {
    let document = api::with_servers(&api::bases(&console, &headers));
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

/// A file by its name with the digest before it.
pub(super) async fn asset(_operator: Operator, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(name) = name.strip_prefix(DIGEST.as_str()).and_then(|name| name.strip_prefix('-')) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = (header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    match name {
        "swagger.js" => {
            return ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), kept], START).into_response();
        }
        "swagger.css" => {
            return ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), kept], STYLE).into_response();
        }
        _ => {}
    }
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let head = [(header::CONTENT_TYPE, file.content_type), kept, (header::VARY, "Accept-Encoding")];
    if takes_gzip(&headers) {
        return (head, [(header::CONTENT_ENCODING, "gzip")], file.gzip).into_response();
    }
    let mut whole = Vec::new();
    match GzDecoder::new(file.gzip).read_to_end(&mut whole) {
        Ok(_) => (head, whole).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|encoding| {
        let (name, quality) = encoding.split_once(';').unwrap_or((encoding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !["q=0", "q=0.0"].contains(&quality.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_whole() {
        for file in FILES {
            let mut text = String::new();
            // The checksum is compared.
            GzDecoder::new(file.gzip).read_to_string(&mut text).unwrap();
            assert!(text.len() > 100_000, "{}", file.name);
            assert!(text.contains("swagger-ui"), "{}", file.name);
        }
    }

    #[test]
    fn encodings_are_asked_for() {
        let takes = |accepted: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0, GZIP;q=0.8"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
