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
use crate::paged::Paged;

impl Client {
    /// Makes a conversation group of the user `from` with up to 100 first members, or adds them to the one that has
    /// the name already. Members may be refused one by one: look at the results.
    ///
    /// ```
    /// use foldmark_client::Contact;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let members = [Contact::user("user_0002"), Contact::chat_group("@TGS#1B2AUI7RZ")];
    /// let made = client.create_contact_group("user_0001", "work", &members).await?;
    /// let refused = made.value.groups[0].results.iter().filter(|result| result.code != 0);
    /// println!("{} of 2 were refused", refused.count());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// client.rename_contact_group("user_0001", "work", "projects").await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use foldmark_client::{Contact, MemberItem};
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let changes = [MemberItem::add(Contact::user("user_0003")), MemberItem::remove(Contact::user("user_0002"))];
    /// client.change_members("user_0001", "work", &changes).await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// client.delete_contact_group("user_0001", "work").await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use foldmark_client::{Contact, MarkItem};
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let star = MarkItem::setting(Contact::user("user_0002"), 1 << 0);
    /// let vip = MarkItem::custom(Contact::user("user_0002"), "vip");
    /// let marked = client.mark_contact("user_0001", &[star, vip]).await?;
    /// assert!(marked.value.results.iter().all(|result| result.code == 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn mark_contact(
        &self,
        from: &str,
        items: &[MarkItem<'_>],
    ) -> Result<Reply<MarkContactReply<'static>>, Error> {
        let request = MarkContact { from_account: from.into(), items: items.to_vec() };
        self.call(CallName::MarkContact, &request).await
    }

    /// One page of all that is kept for a user. `start` is 0, or what the page before gave as `next_start_index`.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let first = client.get_contact_group("user_0001", 0).await?.value;
    /// let groups: Vec<_> = first.groups.iter().map(|group| group.name.as_ref()).collect();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_contact_group(
        &self,
        from: &str,
        start: u64,
    ) -> Result<Reply<GetContactGroupReply<'static>>, Error> {
        let request = GetContactGroup { from_account: from.into(), start_index: start };
        self.call(CallName::GetContactGroup, &request).await
    }

    /// All pages of a user, asked for one after the other as they are read. Pages are read at different times: their
    /// revisions tell whether something was changed in between.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let mut pages = client.pages("user_0001");
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} records on revision {:?}", page.value.contacts.len(), page.revision);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(&self, from: &str) -> Paged<Reply<GetContactGroupReply<'static>>> {
        Paged::new(page_stream(self.clone(), from.to_owned()))
    }

    /// All records of a user, page by page as [`Client::pages`] reads them.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// // It is a stream too.
    /// let starred = client.records("user_0001").try_filter(|record| std::future::ready(record.standard_mark.0 & 1 == 1));
    /// let starred: Vec<_> = starred.try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn records(&self, from: &str) -> Paged<ContactRecord<'static>> {
        let records = |page: Reply<GetContactGroupReply<'static>>| page.value.contacts.into_iter().map(Ok);
        let pages = page_stream(self.clone(), from.to_owned());
        Paged::new(pages.map_ok(move |page| stream::iter(records(page))).try_flatten())
    }

    /// What is kept for 1 to 300 named conversations of a user. Those without a record are left out.
    ///
    /// ```
    /// use foldmark_client::Contact;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let found = client.search_contact_group("user_0001", &[Contact::user("user_0002")]).await?;
    /// match found.value.contacts.first() {
    ///     Some(record) => println!("marks {:b}", record.standard_mark.0),
    ///     None => println!("nothing is kept"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
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

fn page_stream(
    client: Client,
    from: String,
) -> impl Stream<Item = Result<Reply<GetContactGroupReply<'static>>, Error>> + Send {
    stream::try_unfold((Some(0), client, from), |(start, client, from)| async move {
        let Some(start) = start else {
            return Ok(None);
        };
        let page = client.get_contact_group(&from, start).await?;
        let next = page.value.next_start_index;
        let is_last = page.value.complete_flag == 1 || next == 0;
        if !is_last && next <= start {
            // Otherwise a broken server could keep the client busy for ever.
            return Err(Error::Malformed {
                reason: "the next page starts before the end of this one".to_owned(),
            });
        }
        Ok(Some((page, (Some(next).filter(|_| !is_last), client, from))))
    })
}
