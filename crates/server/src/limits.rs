//! Bounds of the server's own that are not configuration, and the agreement of the wire's limits with the rules'.

use std::time::Duration;

use foldmark_core::limits as rules;
use foldmark_wire::limits as wire;

/// How long a call may take once its body is there. Clients are told to wait longer than three seconds.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a commit is tried again after another node was faster.
pub(crate) const COMMIT_ATTEMPTS: u32 = 12;
/// The longest pause before the first repeat; it doubles with each.
pub(crate) const CONFLICT_PAUSE: Duration = Duration::from_millis(4);
/// The longest pause before any repeat.
pub(crate) const CONFLICT_PAUSE_MAX: Duration = Duration::from_millis(250);

/// Lines of the audit log that wait for its writer.
pub(crate) const AUDIT_QUEUE: usize = 4_096;
/// Lines of the audit log that are written at once.
pub(crate) const AUDIT_BATCH: usize = 256;
/// Lines that are kept in memory while the audit log cannot be written, in bytes.
pub(crate) const AUDIT_PENDING_BYTES: usize = 16 << 20;
/// How long a call waits for a place in the audit log's queue.
pub(crate) const AUDIT_WAIT: Duration = Duration::from_secs(1);
/// How often writing the audit log is tried again after a failure.
pub(crate) const AUDIT_RETRY: Duration = Duration::from_secs(1);
/// Conversations that one line of the audit log lists: as many as a call that changes something can name.
pub(crate) const AUDIT_CONVERSATIONS: usize = rules::CONVERSATIONS_PER_COMMAND;

/// How often a new chat group id is drawn when the drawn one is taken.
pub(crate) const ID_ATTEMPTS: u32 = 4;

/// Subjects that a walk reads at a time.
pub(crate) const WALK_PAGE: usize = 1_000;

/// How long what happened is kept in memory, and how often a sample of it is taken.
pub(crate) const HISTORY: Duration = Duration::from_secs(3_600);
/// See [`HISTORY`].
pub(crate) const HISTORY_PERIOD: Duration = Duration::from_secs(10);
/// How many samples that makes.
pub(crate) const HISTORY_SAMPLES: usize = 360;
/// How often it is looked whether a sample is due.
pub(crate) const HISTORY_LOOK: Duration = Duration::from_secs(1);
/// Applications that samples are taken of; of others there are totals since the start alone.
pub(crate) const HISTORY_APPS: usize = 256;
/// Outcomes that a sample counts one by one: the most frequent.
pub(crate) const HISTORY_OUTCOMES: usize = 6;
/// What all samples take at most, in bytes.
pub(crate) const HISTORY_BYTES: usize = 16 << 20;

/// How old a count of an application's users may be before another is made for who looks.
pub(crate) const TOTALS_AGE: Duration = Duration::from_secs(600);
/// How long after a count that failed another may be tried.
pub(crate) const TOTALS_RETRY: Duration = Duration::from_secs(60);
/// Subjects that such a count reads at a time.
pub(crate) const TOTALS_PAGE: usize = 256;
/// How many times as long as that took it then rests.
pub(crate) const TOTALS_REST: u32 = 4;

/// Up to how many applications are counted because somebody looks at the list of all; of more, only the chosen one.
pub(crate) const OVERVIEW_COUNTS: usize = 16;

/// Subjects on one page of a directory.
pub(crate) const DIRECTORY_PAGE: usize = 100;
/// How many pages of a store a directory looks through while there is nothing in them.
pub(crate) const DIRECTORY_WALKS: usize = 4;

/// Subjects on a page of an export.
pub(crate) const EXPORT_PAGE: usize = 256;
/// Users that a page of an export holds and reads at a time; the largest takes 7 MB.
pub(crate) const EXPORT_READS: usize = 8;
/// Commits of one import that are under way at a time.
pub(crate) const IMPORT_COMMITS: usize = 64;
/// Imports that are under way at a time; others wait.
pub(crate) const IMPORTS: usize = 2;

/// What a backup leaves of the disk that it is made on, in bytes, for those who write meanwhile.
pub(crate) const BACKUP_LEAVES_BYTES: u64 = 64 << 20;
/// How often a backup is begun that had to make way for something.
pub(crate) const BACKUP_ATTEMPTS: u32 = 5;
/// How long a backup that is fetched may wait for who fetches it to take more of it.
pub(crate) const BACKUP_PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a backup is due.
pub(crate) const BACKUP_LOOK: Duration = Duration::from_secs(1);
/// How long after a backup that failed the next one is tried, unless that is due earlier.
pub(crate) const BACKUP_RETRY: Duration = Duration::from_secs(600);

/// Users whom the deliverer of an application's webhooks keeps in mind; others wait in the store.
pub(crate) const WEBHOOK_USERS: usize = 10_000;
/// Users whom it keeps in mind beside these because telling them has failed.
pub(crate) const WEBHOOK_FAILING_USERS: usize = 100_000;
/// Requests to one receiver that may be configured to be under way at a time.
pub(crate) const WEBHOOK_AT_ONCE_MAX: usize = 64;
/// Changes in one event.
pub(crate) const WEBHOOK_PAGE: usize = 100;
/// How long the next try waits after a first failure; twice as long after each further one...
pub(crate) const WEBHOOK_RETRY: Duration = Duration::from_secs(1);
/// ...up to this for one user...
pub(crate) const WEBHOOK_RETRY_MAX: Duration = Duration::from_secs(300);
/// ...this for one of whom something was announced that has not happened, and for each who waits beside him so much more
/// that looking at them all stays cheap...
pub(crate) const WEBHOOK_NOT_YET: Duration = Duration::from_secs(3);
/// See [`WEBHOOK_NOT_YET`].
pub(crate) const WEBHOOK_NOT_YET_EACH: Duration = Duration::from_millis(20);
/// ...and this for a receiver that takes nothing.
pub(crate) const WEBHOOK_PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often it is looked through the store for what nobody has told of; in a cluster, where others commit too...
pub(crate) const WEBHOOK_LOOK: Duration = Duration::from_secs(30);
/// ...so often.
pub(crate) const WEBHOOK_LOOK_CLUSTER: Duration = Duration::from_secs(1);
/// Users on a page of such a look, and pages that are read in one go.
pub(crate) const WEBHOOK_LOOK_USERS: usize = 500;
/// See [`WEBHOOK_LOOK_USERS`].
pub(crate) const WEBHOOK_LOOK_PAGES: usize = 20;
/// How long one server of a cluster delivers alone, and how often it asks for more.
pub(crate) const WEBHOOK_LEASE: Duration = Duration::from_secs(15);
/// See [`WEBHOOK_LEASE`].
pub(crate) const WEBHOOK_LEASE_RENEW: Duration = Duration::from_secs(5);
/// How long a server that stops keeps others from delivering.
pub(crate) const WEBHOOK_LAST_LEASE: Duration = Duration::from_secs(1);
/// How long a deliverer rests at least when it has nothing to do.
pub(crate) const WEBHOOK_IDLE_LEAST: Duration = Duration::from_millis(10);
/// How long an idle connection to a receiver is kept.
pub(crate) const WEBHOOK_IDLE: Duration = Duration::from_secs(30);
/// How often a connection of HTTP/2 to a receiver is asked whether it is still there, and how long it may take to say so.
pub(crate) const WEBHOOK_PING: Duration = Duration::from_secs(5);
/// How much of a receiver's answer is read, in bytes, and how much of that is noted.
pub(crate) const WEBHOOK_ANSWER_BYTES: usize = 64 << 10;
/// See [`WEBHOOK_ANSWER_BYTES`].
pub(crate) const WEBHOOK_NOTE_CHARS: usize = 100;

/// Longest time that can be configured for one request to a cluster, in milliseconds.
pub(crate) const CLUSTER_REQUEST_MS_MAX: u64 = 2_000;
/// How long a commit is looked for in a cluster that did not answer it.
pub(crate) const CLUSTER_RESOLVE: Duration = Duration::from_millis(800);

/// Failed calls of one application that are logged at once...
pub(crate) const FAILURE_LINES: u32 = 10;
/// ...and how often one is logged after that.
pub(crate) const FAILURE_LINE_EVERY: Duration = Duration::from_secs(5);

/// What a body is counted with while it is worked on, as a multiple of its length: the worst of bodies becomes a tree
/// of 23 times its size.
pub(crate) const BODY_TREE_FACTOR: usize = 24;
/// How long the rest of a refused request's body is read.
pub(crate) const DISCARD: Duration = Duration::from_secs(2);
/// Longest name that a caller may give a request, in bytes.
pub(crate) const REQUEST_ID_BYTES: usize = 128;

/// How long a connection may be without a complete request head, whether it is idle between calls or slow. Longer than
/// the usual 60 seconds that clients keep idle connections in their pools.
pub(crate) const IDLE: Duration = Duration::from_secs(75);
/// The same for a connection that takes the last free place. From half of the places on it goes from one to the other.
pub(crate) const IDLE_WHEN_FULL: Duration = Duration::from_secs(5);
/// How long what was sent may wait for the other side to take it. Then the connection has ended: its client is gone without
/// a word, or reads nothing.
pub(crate) const UNTAKEN: Duration = Duration::from_secs(30);
/// How often the files of a certificate are looked at.
pub(crate) const CERTIFICATE_WATCH: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// Pause after the operating system refused to accept a connection.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the operating system queues until they are accepted.
pub(crate) const BACKLOG: u32 = 4_096;

/// Request headers of one request, together, in bytes; also the read buffer of a connection.
pub(crate) const HEADER_BYTES: usize = 64 * 1024;
/// Connections of the operators' listener that may be open.
pub(crate) const ADMIN_CONNECTIONS: usize = 512;
/// Sessions of the console at a time.
pub(crate) const CONSOLE_SESSIONS: usize = 256;
/// How long a session of the console lasts, however busy.
pub(crate) const CONSOLE_SESSION: Duration = Duration::from_secs(12 * 3_600);
/// Wrong tokens that one address may show to the console within a minute.
pub(crate) const WRONG_TOKENS_OF_ADDRESS: u32 = 10;
/// The same for all addresses together.
pub(crate) const WRONG_TOKENS: u32 = 100;
/// A form of the console, in bytes.
pub(crate) const CONSOLE_FORM_BYTES: usize = 8 << 20;
/// Rows on a page of the console.
pub(crate) const CONSOLE_ROWS: usize = 100;
/// Problems of one change that the console tells.
pub(crate) const CONSOLE_PROBLEMS: usize = 5;
/// Accounts that one form of the console may import.
pub(crate) const CONSOLE_ACCOUNTS: usize = 100_000;
/// Calls that take one change of the console back: as many as one for the highest limits takes.
pub(crate) const CONSOLE_UNDO_CALLS: usize = 128;
/// Calls of the API debugging tool that a session remembers.
pub(crate) const CONSOLE_CALLS: usize = 50;
/// What their bodies take together at most, in bytes.
pub(crate) const CONSOLE_CALLS_BYTES: usize = 1 << 20;
/// How long one watch of the console lasts.
pub(crate) const CONSOLE_WATCH: Duration = Duration::from_secs(15 * 60);
/// How soon a watch of the console notices that its session has ended, or its time.
pub(crate) const CONSOLE_WATCH_LOOK: Duration = Duration::from_secs(2);
/// Places of an answer that are named beside a code.
pub(crate) const CONSOLE_CODE_PLACES: usize = 5;
/// Changes of users that an application's log holds for those who watch the application.
pub(crate) const APP_LOG: usize = 4_096;
/// Changes in one event of those who watch.
pub(crate) const WATCH_PAGE: usize = 256;
/// How often something is sent to those who watch, at least.
pub(crate) const WATCH_BEAT: Duration = Duration::from_secs(15);
/// How long those who watch wait before they come back, and the server before it tries again to read for them.
pub(crate) const WATCH_RETRY: Duration = Duration::from_secs(1);
/// How often watched users are looked at in a cluster.
pub(crate) const WATCH_POLL: Duration = Duration::from_millis(500);
/// Of how many at once.
pub(crate) const WATCH_POLL_USERS: usize = 100;
/// Streams that one HTTP/2 connection may have open.
pub(crate) const STREAMS: u32 = 128;

/// Length of the window in which failed UserSigs are counted.
pub(crate) const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// End users of an application whose calls are counted, each by himself.
pub(crate) const END_USERS_COUNTED: usize = 100_000;
/// Users to whom a layout is copied at a time.
pub(crate) const LAYOUT_COMMITS: usize = 16;
/// Callers whose failures are remembered.
pub(crate) const FAILING_CALLERS: usize = 100_000;
/// Longest UserSig that is looked at, in bytes; genuine ones are under 1 KiB.
pub(crate) const USER_SIG_BYTES: usize = 8 * 1024;
/// Longest UserSig that is remembered; longer ones are verified each time.
pub(crate) const REMEMBERED_USER_SIG_BYTES: usize = 1024;

const _: () = {
    // Else nobody would wait for what the store finds out.
    assert!(CLUSTER_REQUEST_MS_MAX as u128 + CLUSTER_RESOLVE.as_millis() < CALL_TIMEOUT.as_millis());
    assert!(wire::USER_ID_BYTES_MAX == rules::USER_ID_BYTES);
    assert!(wire::CHAT_GROUP_ID_BYTES_MAX == rules::CHAT_GROUP_ID_BYTES);
    assert!(wire::CONVERSATIONS_PER_CALL_MAX == rules::CONVERSATIONS_PER_COMMAND);
    assert!(wire::CONVERSATIONS_PER_SEARCH_MAX == rules::CONVERSATIONS_PER_SEARCH);
    assert!(wire::NICK_BYTES_MAX == rules::PROFILE_TEXT_BYTES);
    assert!(wire::FACE_URL_BYTES_MAX == rules::PROFILE_TEXT_BYTES);
    assert!(wire::CHAT_GROUP_NAME_BYTES_MAX == rules::CHAT_GROUP_NAME_BYTES);
    assert!(wire::CUSTOM_MARK_BYTES_DEFAULT == rules::CUSTOM_MARK_BYTES_DEFAULT);
};
