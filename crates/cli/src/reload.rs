//! `foldmark reload`: lets the running server read its configuration again.

use crate::failure::Failure;
use crate::out;
use crate::settings::ConfigArgs;
use crate::transfer::target::Target;

pub(crate) async fn run(config: &ConfigArgs) -> Result<(), Failure> {
    let target = Target::running(config.load()?)?;
    let answer = target.post("/v1/reload").await?;
    let answer: serde_json::Value = serde_json::from_str(&answer)
        .map_err(|error| Failure::transport(format!("the reply cannot be understood: {error}")))?;
    let apps = answer["Apps"].as_u64().unwrap_or_default();
    let restart = answer["NeedsRestart"].as_array().into_iter().flatten();
    let restart: Vec<&str> = restart.filter_map(serde_json::Value::as_str).collect();
    if !restart.is_empty() {
        out::note(&format!("these keys have changed and want a restart: {}", restart.join(", ")));
    }
    out::line(&format!("reloaded; applications: {apps}"))
}
