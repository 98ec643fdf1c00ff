//! Foldmark's own calls: the same on every device of a user.

use foldmark_wire::CallName;
use foldmark_wire::devices::{
    Apply, ApplyItem, CopyLayout, GetChanges, GroupEx, ListConversations, ListGroups, SetGroupEx,
    SetGroupOrder,
};
use foldmark_wire::devices_reply::{
    ApplyReply, CopyLayoutReply, GetChangesReply, GroupSetReply, ListConversationsReply, ListGroupsReply,
};

use crate::client::{Client, Reply};
use crate::error::Error;

impl Client {
    /// What changed of a user since `cursor` was given, at most 500 changes; everything without one. With `reset`,
    /// forget what is known first. While `more` is true, ask again at once with the new cursor. A cursor that is
    /// refused with 52003 is to be thrown away.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let mut cursor = None;
    /// loop {
    ///     let page = client.get_changes("user_0001", cursor.as_deref(), None).await?.value;
    ///     println!("{} records, {} gone", page.contacts.len(), page.removed.len());
    ///     cursor = Some(page.cursor.into_owned());
    ///     if !page.more {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_changes(
        &self,
        from: &str,
        cursor: Option<&str>,
        limit: Option<u64>,
    ) -> Result<Reply<GetChangesReply<'static>>, Error> {
        let request = GetChanges { from_account: from.into(), cursor: cursor.map(Into::into), limit };
        self.call(CallName::GetChanges, &request).await
    }

    /// Shows the named groups first, in this order, and the others behind them.
    pub async fn set_group_order(&self, from: &str, names: &[&str]) -> Result<Reply<GroupSetReply>, Error> {
        let names = names.iter().map(|name| (*name).into()).collect();
        let request = SetGroupOrder { from_account: from.into(), names };
        self.call(CallName::SetGroupOrder, &request).await
    }

    /// Sets what a user interface keeps about groups, at most 512 bytes each: all of them, or none.
    pub async fn set_group_ex(
        &self,
        from: &str,
        groups: &[GroupEx<'_>],
    ) -> Result<Reply<GroupSetReply>, Error> {
        let request = SetGroupEx { from_account: from.into(), groups: groups.to_vec() };
        self.call(CallName::SetGroupEx, &request).await
    }

    /// All groups of a user in their order, with the number of conversations in each.
    pub async fn list_contact_groups(&self, from: &str) -> Result<Reply<ListGroupsReply<'static>>, Error> {
        let request = ListGroups { from_account: from.into() };
        self.call(CallName::ListGroups, &request).await
    }

    /// One page of the conversations that a filter lets through.
    pub async fn list_conversations(
        &self,
        request: &ListConversations<'_>,
    ) -> Result<Reply<ListConversationsReply<'static>>, Error> {
        self.call(CallName::ListConversations, request).await
    }

    /// Carries out 1 to 100 commands for one user, all or none. Whom the commands name as `from_account` is not sent.
    pub async fn apply(&self, from: &str, commands: Vec<ApplyItem<'_>>) -> Result<Reply<ApplyReply>, Error> {
        self.call(CallName::Apply, &Apply { from_account: from.into(), commands }).await
    }

    /// Adds the groups and marks of one user to 1 to 100 others. They may be refused one by one: look at the results.
    pub async fn copy_layout(
        &self,
        from: &str,
        to: &[&str],
    ) -> Result<Reply<CopyLayoutReply<'static>>, Error> {
        let to_accounts = to.iter().map(|to| (*to).into()).collect();
        let request = CopyLayout { from_account: from.into(), to_accounts };
        self.call(CallName::CopyLayout, &request).await
    }
}
