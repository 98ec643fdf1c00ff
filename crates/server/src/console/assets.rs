//! Stylesheets and scripts. Their names hold a digest of what is in them, so that browsers keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use sha2::{Digest, Sha256};

/// One file.
struct Asset {
    name: String,
    content_type: &'static str,
    text: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset("css", "text/css; charset=utf-8", include_str!("../../assets/console/console.css"))
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("js", "text/javascript; charset=utf-8", include_str!("../../assets/console/console.js"))
});

static API_STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("css", "text/css; charset=utf-8", include_str!("../../assets/console/api.css")));
static API_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("js", "text/javascript; charset=utf-8", include_str!("../../assets/console/api.js"))
});

static WATCH_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("js", "text/javascript; charset=utf-8", include_str!("../../assets/console/watch.js"))
});

/// The path of the stylesheet.
pub(super) fn style() -> String {
    format!("/console/assets/{}", STYLE.name)
}

/// The path of the script.
pub(super) fn script() -> String {
    format!("/console/assets/{}", SCRIPT.name)
}

/// The path of what the API debugging tool adds to the stylesheet.
pub(super) fn api_style() -> String {
    format!("/console/assets/{}", API_STYLE.name)
}

/// The path of the script of the API debugging tool.
pub(super) fn api_script() -> String {
    format!("/console/assets/{}", API_SCRIPT.name)
}

/// The path of the script that shows a watch.
pub(super) fn watch_script() -> String {
    format!("/console/assets/{}", WATCH_SCRIPT.name)
}

/// For everybody: the page that asks for the token needs them.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    for asset in [&*STYLE, &*SCRIPT, &*API_STYLE, &*API_SCRIPT, &*WATCH_SCRIPT] {
        if asset.name == name {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            return (headers, asset.text).into_response();
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

fn asset(ending: &str, content_type: &'static str, text: &'static str) -> Asset {
    let digest = Sha256::digest(text);
    let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Asset { name: format!("console-{digest}.{ending}"), content_type, text }
}
