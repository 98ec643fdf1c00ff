//! The names of all figures. Dashboards and alerts rest on them. A counter is served with `_total` behind its name.

pub(super) const REQUESTS: &str = "foldmark_requests";
pub(super) const DURATION: &str = "foldmark_request_duration_seconds";
pub(super) const REQUEST_BYTES: &str = "foldmark_request_bytes";
pub(super) const RESPONSE_BYTES: &str = "foldmark_response_bytes";
pub(super) const LIMIT_HITS: &str = "foldmark_limit_hits";
pub(super) const RELOADS: &str = "foldmark_reloads";
pub(super) const CONFLICTS: &str = "foldmark_commit_conflicts";
pub(super) const BATCH: &str = "foldmark_commit_batch_commits";
pub(super) const SYNC: &str = "foldmark_store_sync_seconds";
pub(super) const BACKUP_FAILURES: &str = "foldmark_backup_failures";
pub(super) const WEBHOOK_EVENTS: &str = "foldmark_webhook_events";
pub(super) const WEBHOOK_FAILURES: &str = "foldmark_webhook_failures";
pub(super) const WEBHOOK_GIVEN_UP: &str = "foldmark_webhook_given_up";
pub(super) const BUILD_INFO: &str = "foldmark_build_info";

pub(super) const IN_FLIGHT: &str = "foldmark_requests_in_flight";
pub(super) const IN_FLIGHT_MAX: &str = "foldmark_requests_in_flight_max";
pub(super) const CONNECTIONS: &str = "foldmark_connections";
pub(super) const CONNECTIONS_MAX: &str = "foldmark_connections_max";
pub(super) const WATCHERS: &str = "foldmark_watchers";
pub(super) const BODY_MEMORY: &str = "foldmark_body_memory_bytes";
pub(super) const READY: &str = "foldmark_store_ready";
pub(super) const QUEUE: &str = "foldmark_store_queue_depth";
pub(super) const USED: &str = "foldmark_store_bytes";
pub(super) const MAP: &str = "foldmark_store_map_bytes";
pub(super) const MAP_MAX: &str = "foldmark_store_map_max_bytes";
pub(super) const READERS: &str = "foldmark_store_readers";
pub(super) const CERTIFICATE_EXPIRY: &str = "foldmark_certificate_expiry_timestamp_seconds";
pub(super) const BACKUP_TIME: &str = "foldmark_backup_last_success_timestamp_seconds";
pub(super) const BACKUP_BYTES: &str = "foldmark_backup_bytes";
pub(super) const BACKUP_SECONDS: &str = "foldmark_backup_duration_seconds";
pub(super) const WEBHOOK_WAITING: &str = "foldmark_webhook_waiting_users";
pub(super) const WEBHOOK_DEAD: &str = "foldmark_webhook_dead_letters";
pub(super) const WEBHOOK_RECEIVERS_FAILING: &str = "foldmark_webhook_receivers_failing";
pub(super) const WEBHOOK_FAILING: &str = "foldmark_webhook_failing_seconds";
