//! A typed, asynchronous client of the calls for conversation groups and marks, and of the account and chat group
//! calls they lean on.
//!
//! ```no_run
//! use foldmark_client::{Client, Contact, MarkItem, MarkKind};
//!
//! # async fn example() -> Result<(), foldmark_client::Error> {
//! let client = Client::builder("http://127.0.0.1:8080", 1_400_000_000)
//!     .key("the application's secret key")
//!     .build()?;
//!
//! client.account_import("user_0001").await?;
//! client.account_import("user_0002").await?;
//! let friend = Contact::User("user_0002".into());
//! client.create_contact_group("user_0001", "friends", &[friend.clone()]).await?;
//! let star = MarkItem { kind: MarkKind::Standard, contact: friend.clone(), clear: 0, set: 1, custom: None };
//! client.mark_contact("user_0001", &[star]).await?;
//!
//! let found = client.search_contact_group("user_0001", &[friend]).await?;
//! assert_eq!(found.value.contacts[0].standard_mark.0, 1);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is cheap to clone; clones share a pool of connections and the UserSig, which is made from the key and
//! renewed before it expires. It works on a Tokio runtime that has its timers and its I/O switched on.
//!
//! # What is repeated
//!
//! A call that fails is made again after a random pause that doubles each time, at most [`Builder::retries`] times
//! (3 unless set; 0 switches it off), and only where that is safe:
//!
//! | failure | calls that only read | calls that write |
//! |---|---|---|
//! | the connection was never established ([`Error::Connect`]) | again | again |
//! | a code that says "later" and guarantees that nothing was changed, such as 60007 | again | again |
//! | a code that says "later" and guarantees nothing, such as 50004, 50005, 60008 | again | no |
//! | the connection broke ([`Error::Transport`]), no answer in time ([`Error::Timeout`]) | again | no |
//! | an HTTP status 502, 503 or 504 of something in between ([`Error::Status`]) | again | no |
//! | everything else | no | no |
//!
//! A write whose outcome is not known is never made again, although most of them could be: the second try of a
//! `del_contact_group` whose first try succeeded is refused with 51009, and the second try of a mark may undo what
//! someone else has done in between. [`Error::had_no_side_effects`] tells which failures leave no doubt. 70050, which
//! asks for a pause of a minute, is not repeated. [`Client::call_raw`] makes one try.
//!
//! Invariants: a call ends within `(retries + 1) x timeout` and the pauses between, of at most a second each;
//! neither keys nor UserSigs are logged.

mod accounts;
mod builder;
mod chat_groups;
mod client;
mod clock;
mod contact_groups;
mod error;
mod random;
mod retry;
mod signature;
mod transport;

pub use builder::Builder;
pub use client::{Client, RawReply, Reply};
pub use error::Error;

pub use foldmark_wire::accounts::{
    AccountCheckReply, AccountCheckResult, AccountDeleteReply, AccountDeleteResult, AccountImport,
    AccountImportReply, AccountStatus, MultiaccountImportReply,
};
pub use foldmark_wire::chat_groups::{
    ChatGroupFacts, ChatGroupInfo, ChatGroupType, CreateGroup, CreateGroupReply, DestroyGroupReply,
    GetAppidGroupListReply, GetGroupInfoReply, ListedChatGroup,
};
pub use foldmark_wire::contact::Contact;
pub use foldmark_wire::contact_groups::{MarkItem, MarkKind, MemberChange, MemberItem};
pub use foldmark_wire::contact_groups_reply::{
    ContactRecord, ContactResult, CreateContactGroupReply, CreatedContactGroup, DeleteContactGroupReply,
    GetContactGroupReply, GroupItem, MarkContactReply, MarkResult, MemberResult, SearchContactGroupReply,
    UpdateContactGroupReply, UpdateGroupResult, UpdateKind,
};
pub use foldmark_wire::marks::StandardMark;
pub use foldmark_wire::{CallName, Code};
