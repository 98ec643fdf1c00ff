//! The six calls for conversation groups and marks.

use foldmark_wire::CallName;
use foldmark_wire::contact::Contact;
use foldmark_wire::contact_groups::{
    CreateContactGroup, DeleteContactGroup, GetContactGroup, MarkContact, MarkItem, MemberItem,
    SearchContactGroup, Update, UpdateContactGroup,
};
use foldmark_wire::contact_groups_reply::{
    ContactRecord, CreateContactGroupReply, DeleteContactGroupReply, GetContactGroupReply, MarkContactReply,
    SearchContactGroupReply, UpdateContactGroupReply,
};
use futures_util::stream::{self, Stream, TryStreamExt};

use crate::client::{Client, Reply};
use crate::error::Error;

impl Client {
    /// Makes a conversation group of the user `from` with up to 100 first members, or adds them to the one that has
    /// the name already. Members may be refused one by one: look at the results.
    pub async fn create_contact_group(
        &self,
        from: &str,
        name: &str,
        contacts: &[Contact<'_>],
    ) -> Result<Reply<CreateContactGroupReply<'static>>, Error> {
        let request = CreateContactGroup {
            from_account: from.into(),
            group_name: name.into(),
            contacts: contacts.iter().map(Contact::borrowed).collect(),
        };
        self.call(CallName::CreateContactGroup, &request).await
    }

    /// Gives a conversation group another name.
    pub async fn rename_contact_group(
        &self,
        from: &str,
        old: &str,
        new: &str,
    ) -> Result<Reply<UpdateContactGroupReply<'static>>, Error> {
        let update = Update::Rename { old: old.into(), new: new.into() };
        let request = UpdateContactGroup { from_account: from.into(), update };
        self.call(CallName::UpdateContactGroup, &request).await
    }

    /// Adds conversations to a conversation group and removes others, 1 to 100 changes in the order given. They may be
    /// refused one by one: look at the results.
    pub async fn change_members(
        &self,
        from: &str,
        group: &str,
        items: &[MemberItem<'_>],
    ) -> Result<Reply<UpdateContactGroupReply<'static>>, Error> {
        let update = Update::Members { group: group.into(), items: items.to_vec() };
        let request = UpdateContactGroup { from_account: from.into(), update };
        self.call(CallName::UpdateContactGroup, &request).await
    }

    /// Deletes a conversation group. The conversations keep their marks and their other groups.
    pub async fn delete_contact_group(
        &self,
        from: &str,
        name: &str,
    ) -> Result<Reply<DeleteContactGroupReply<'static>>, Error> {
        let request = DeleteContactGroup { from_account: from.into(), group_name: name.into() };
        self.call(CallName::DelContactGroup, &request).await
    }

    /// Sets and clears marks of conversations, 1 to 100 changes in the order given. They may be refused one by one:
    /// look at the results.
    pub async fn mark_contact(
        &self,
        from: &str,
        items: &[MarkItem<'_>],
    ) -> Result<Reply<MarkContactReply<'static>>, Error> {
        let request = MarkContact { from_account: from.into(), items: items.to_vec() };
        self.call(CallName::MarkContact, &request).await
    }

    /// One page of all that is kept for a user. `start` is 0, or what the page before gave as `next_start_index`.
    pub async fn get_contact_group(
        &self,
        from: &str,
        start: u64,
    ) -> Result<Reply<GetContactGroupReply<'static>>, Error> {
        let request = GetContactGroup { from_account: from.into(), start_index: start };
        self.call(CallName::GetContactGroup, &request).await
    }

    /// All pages of a user, asked for one after the other as the stream is read. It ends after the first error. Pages
    /// are read at different times: their revisions tell whether something was changed in between.
    pub fn pages(
        &self,
        from: &str,
    ) -> impl Stream<Item = Result<Reply<GetContactGroupReply<'static>>, Error>> + Send + use<'_> {
        let from = from.to_owned();
        stream::try_unfold((Some(0), from), move |(start, from)| async move {
            let Some(start) = start else {
                return Ok(None);
            };
            let page = self.get_contact_group(&from, start).await?;
            let next = page.value.next_start_index;
            let is_last = page.value.complete_flag == 1 || next == 0;
            if !is_last && next <= start {
                // Otherwise a broken server could keep the client busy for ever.
                return Err(Error::Malformed {
                    reason: "the next page starts before the end of this one".to_owned(),
                });
            }
            Ok(Some((page, (Some(next).filter(|_| !is_last), from))))
        })
    }

    /// All records of a user, page by page as [`Client::pages`] reads them.
    pub fn records(
        &self,
        from: &str,
    ) -> impl Stream<Item = Result<ContactRecord<'static>, Error>> + Send + use<'_> {
        let records = |page: Reply<GetContactGroupReply<'static>>| page.value.contacts.into_iter().map(Ok);
        self.pages(from).map_ok(move |page| stream::iter(records(page))).try_flatten()
    }

    /// What is kept for 1 to 300 named conversations of a user. Those without a record are left out.
    pub async fn search_contact_group(
        &self,
        from: &str,
        contacts: &[Contact<'_>],
    ) -> Result<Reply<SearchContactGroupReply<'static>>, Error> {
        let contacts = contacts.iter().map(Contact::borrowed).collect();
        let request = SearchContactGroup { from_account: from.into(), contacts };
        self.call(CallName::SearchContactGroup, &request).await
    }
}
