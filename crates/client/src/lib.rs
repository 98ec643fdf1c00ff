//! A typed, asynchronous client of the calls for conversation groups and marks, and of the account and chat group
//! calls they lean on.
//!
//! ```no_run
//! use foldmark_client::{Client, Contact, MarkItem};
//!
//! # async fn example() -> Result<(), foldmark_client::Error> {
//! let client = Client::builder("http://127.0.0.1:8080", 1_400_000_000)
//!     .key("the application's secret key")
//!     .build()?;
//!
//! client.account_import("user_0001").await?;
//! client.account_import("user_0002").await?;
//! let friends = [Contact::user("user_0002")];
//! client.create_contact_group("user_0001", "friends", &friends).await?;
//! client.mark_contact("user_0001", &[MarkItem::setting(friends[0].clone(), 1 << 0)]).await?;
//!
//! let found = client.search_contact_group("user_0001", &friends).await?;
//! assert_eq!(found.value.contacts[0].standard_mark.0, 1);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is cheap to clone; clones share a pool of connections and the UserSig, which is made from the key and
//! renewed before it expires. It works on a Tokio runtime that has its timers and its I/O switched on; elsewhere a call
//! fails with [`Error::Runtime`]. Programs without async code use the module `blocking` (feature `blocking`).
//!
//! What a call answers is a [`Reply`]: the payload, and the revision of the user on which it depends. Calls with many
//! items succeed as a whole, and say for each item in the payload whether it was refused. What comes in pages is
//! [`Paged`], a stream. What changes is told as it happens by a [`Watch`], a stream that goes on over lost connections and
//! restarted servers. What the server tells a back end by itself is checked and read by [`webhook`].
//!
//! A future that is dropped before it is ready stops waiting; a call that was sent may be carried out all the same.
//!
//! # What is repeated
//!
//! A call that fails is made again after a random pause that doubles each time, at most [`Builder::retries`] times
//! (3 unless set; 0 switches it off), and only where that is safe:
//!
//! | failure | calls that only read, or have a key | calls that write |
//! |---|---|---|
//! | no connection was made ([`Error::Connect`]) | again | again |
//! | a code that says "later" and guarantees that nothing was changed, such as 60007 | again | again |
//! | a code that says "later" and guarantees nothing, such as 50004, 50005, 60008 | again | no |
//! | the connection broke ([`Error::Transport`]), no answer in time ([`Error::Timeout`]) | again | no |
//! | an HTTP status 502, 503 or 504 of something in between ([`Error::Status`]) | again | no |
//! | everything else | no | no |
//!
//! A write whose outcome is not known is never made again, although most of them could be: the second try of a
//! `del_contact_group` whose first try succeeded is refused with 51009, and the second try of a mark may undo what
//! someone else has done in between. With [`Client::idempotency_key`] the server knows the second try. [`Error::is_outcome_unknown`] tells which failures leave a doubt. 70050, which
//! asks for a pause of a minute, is not repeated. [`Client::call_raw`] makes one try.
//!
//! # What is traced
//!
//! Each call is a `tracing` span `call` of the target `foldmark_client`, at the level `debug`: `call`, `server`, `sdkappid`, and at
//! its end `tries`, `outcome` (`ok`, or the kind of the [`Error`]) and `code`. Each repeat is an event in it. Keys, UserSigs,
//! bodies and users' ids are never in them.
//!
//! Invariants: a call ends within `(retries + 1) x timeout` and the pauses between, of at most a second each, and within
//! [`Builder::deadline`] if there is one; neither keys nor UserSigs are logged or shown by `Debug`; nothing panics.

mod accounts;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod chat_groups;
mod client;
mod clock;
mod contact_groups;
mod devices;
mod error;
mod events;
mod follow;
mod paged;
mod random;
mod retry;
mod signature;
mod tls;
mod trace;
mod transport;
mod watch;
pub mod webhook;

pub use builder::{Builder, HttpVersion};
pub use client::{Client, RawReply, Reply};
pub use error::Error;
pub use paged::Paged;
pub use watch::{AppEvent, Changes, Watch};

pub use foldmark_wire::accounts::{
    AccountCheckReply, AccountCheckResult, AccountDeleteReply, AccountDeleteResult, AccountImport,
    AccountImportReply, AccountStatus, MultiaccountImportReply,
};
pub use foldmark_wire::chat_groups::{
    ChatGroupFacts, ChatGroupInfo, ChatGroupType, CreateGroup, CreateGroupReply, DestroyGroupReply,
    GetAppidGroupListReply, GetGroupInfoReply, ListedChatGroup,
};
pub use foldmark_wire::contact::Contact;
pub use foldmark_wire::contact_groups::{
    CreateContactGroup, DeleteContactGroup, MarkContact, MarkItem, MarkKind, MemberChange, MemberItem,
    Update, UpdateContactGroup,
};
pub use foldmark_wire::contact_groups_reply::{
    ContactRecord, ContactResult, CreateContactGroupReply, CreatedContactGroup, DeleteContactGroupReply,
    GetContactGroupReply, GroupItem, MarkContactReply, MarkResult, MemberResult, SearchContactGroupReply,
    UpdateContactGroupReply, UpdateGroupResult, UpdateKind,
};
pub use foldmark_wire::devices::{ApplyItem, GroupEx, ListConversations, SetGroupEx, SetGroupOrder};
pub use foldmark_wire::devices_reply::{
    AppliedCommand, ApplyReply, CopiedLayout, CopyLayoutReply, CountedGroup, DescribedGroup, GetChangesReply,
    GroupSetReply, ListConversationsReply, ListGroupsReply,
};
pub use foldmark_wire::marks::StandardMark;
pub use foldmark_wire::{CallName, Code};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
