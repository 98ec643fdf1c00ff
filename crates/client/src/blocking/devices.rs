//! Foldmark's own calls, blocking.

use foldmark_wire::devices::{ApplyItem, GroupEx, ListConversations};
use foldmark_wire::devices_reply::{
    ApplyReply, CopyLayoutReply, GetChangesReply, GroupSetReply, ListConversationsReply, ListGroupsReply,
};

use crate::blocking::Client;
use crate::client::Reply;
use crate::error::Error;

impl Client {
    /// As [`Client::get_changes`](crate::Client::get_changes).
    pub fn get_changes(
        &self,
        from: &str,
        cursor: Option<&str>,
        limit: Option<u64>,
    ) -> Result<Reply<GetChangesReply<'static>>, Error> {
        self.wait(self.client.get_changes(from, cursor, limit))
    }

    /// As [`Client::set_group_order`](crate::Client::set_group_order).
    pub fn set_group_order(&self, from: &str, names: &[&str]) -> Result<Reply<GroupSetReply>, Error> {
        self.wait(self.client.set_group_order(from, names))
    }

    /// As [`Client::set_group_ex`](crate::Client::set_group_ex).
    pub fn set_group_ex(&self, from: &str, groups: &[GroupEx<'_>]) -> Result<Reply<GroupSetReply>, Error> {
        self.wait(self.client.set_group_ex(from, groups))
    }

    /// As [`Client::list_contact_groups`](crate::Client::list_contact_groups).
    pub fn list_contact_groups(&self, from: &str) -> Result<Reply<ListGroupsReply<'static>>, Error> {
        self.wait(self.client.list_contact_groups(from))
    }

    /// As [`Client::list_conversations`](crate::Client::list_conversations).
    pub fn list_conversations(
        &self,
        request: &ListConversations<'_>,
    ) -> Result<Reply<ListConversationsReply<'static>>, Error> {
        self.wait(self.client.list_conversations(request))
    }

    /// As [`Client::apply`](crate::Client::apply).
    pub fn apply(&self, from: &str, commands: Vec<ApplyItem<'_>>) -> Result<Reply<ApplyReply>, Error> {
        self.wait(self.client.apply(from, commands))
    }

    /// As [`Client::copy_layout`](crate::Client::copy_layout).
    pub fn copy_layout(&self, from: &str, to: &[&str]) -> Result<Reply<CopyLayoutReply<'static>>, Error> {
        self.wait(self.client.copy_layout(from, to))
    }
}
