//! The body of a request: the JSON tree, then the request type of every call.
//!
//! What is accepted must come back when it is written as the client writes it.

#![no_main]

use foldmark_wire::accounts::{AccountCheck, AccountDelete, AccountImport, MultiaccountImport};
use foldmark_wire::chat_groups::{CreateGroup, DestroyGroup, GetAppidGroupList, GetGroupInfo};
use foldmark_wire::contact_groups::{
    CreateContactGroup, DeleteContactGroup, GetContactGroup, MarkContact, SearchContactGroup,
    UpdateContactGroup,
};
use foldmark_wire::json::parse_body;
use foldmark_wire::limits::CUSTOM_MARK_BYTES_DEFAULT;
use foldmark_wire::reply::write_fault;
use libfuzzer_sys::fuzz_target;

macro_rules! comes_back {
    ($body:expr, $parse:expr) => {
        match $parse($body) {
            Ok(request) => {
                let written = serde_json::to_vec(&request).expect("plain structures can be written");
                let again = parse_body(&written).expect("what is written is JSON");
                assert_eq!($parse(&again).as_ref(), Ok(&request));
            }
            Err(fault) => {
                write_fault(&fault);
            }
        }
    };
}

fuzz_target!(|data: &[u8]| {
    let body = match parse_body(data) {
        Ok(body) => body,
        Err(fault) => {
            write_fault(&fault);
            return;
        }
    };
    comes_back!(&body, CreateContactGroup::parse);
    comes_back!(&body, UpdateContactGroup::parse);
    comes_back!(&body, DeleteContactGroup::parse);
    comes_back!(&body, |body| MarkContact::parse(body, CUSTOM_MARK_BYTES_DEFAULT));
    comes_back!(&body, GetContactGroup::parse);
    comes_back!(&body, SearchContactGroup::parse);
    comes_back!(&body, AccountImport::parse);
    comes_back!(&body, CreateGroup::parse);
    comes_back!(&body, DestroyGroup::parse);
    comes_back!(&body, GetAppidGroupList::parse);
    // These keep what is wrong with single items, which a client never writes.
    let _ = MultiaccountImport::parse(&body);
    let _ = AccountCheck::parse(&body);
    let _ = AccountDelete::parse(&body);
    let _ = GetGroupInfo::parse(&body);
});
