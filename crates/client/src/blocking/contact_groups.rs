//! The six calls for conversation groups and marks, blocking.

use foldmark_wire::contact::Contact;
use foldmark_wire::contact_groups::{MarkItem, MemberItem};
use foldmark_wire::contact_groups_reply::{
    ContactRecord, CreateContactGroupReply, DeleteContactGroupReply, GetContactGroupReply, MarkContactReply,
    SearchContactGroupReply, UpdateContactGroupReply,
};

use crate::blocking::{Client, Paged};
use crate::client::Reply;
use crate::error::Error;

impl Client {
    /// Makes a conversation group of the user `from` with up to 100 first members, or adds them to the one that has
    /// the name already. Members may be refused one by one: look at the results.
    ///
    /// ```
    /// use foldmark_client::Contact;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let members = [Contact::user("user_0002"), Contact::chat_group("@TGS#1B2AUI7RZ")];
    /// let made = client.create_contact_group("user_0001", "work", &members)?;
    /// let refused = made.value.groups[0].results.iter().filter(|result| result.code != 0);
    /// println!("{} of 2 were refused", refused.count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_contact_group(
        &self,
        from: &str,
        name: &str,
        contacts: &[Contact<'_>],
    ) -> Result<Reply<CreateContactGroupReply<'static>>, Error> {
        self.wait(self.client.create_contact_group(from, name, contacts))
    }

    /// Gives a conversation group another name.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// client.rename_contact_group("user_0001", "work", "projects")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rename_contact_group(
        &self,
        from: &str,
        old: &str,
        new: &str,
    ) -> Result<Reply<UpdateContactGroupReply<'static>>, Error> {
        self.wait(self.client.rename_contact_group(from, old, new))
    }

    /// Adds conversations to a conversation group and removes others, 1 to 100 changes in the order given. They may be
    /// refused one by one: look at the results.
    ///
    /// ```
    /// use foldmark_client::{Contact, MemberItem};
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let changes = [MemberItem::add(Contact::user("user_0003")), MemberItem::remove(Contact::user("user_0002"))];
    /// client.change_members("user_0001", "work", &changes)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_members(
        &self,
        from: &str,
        group: &str,
        items: &[MemberItem<'_>],
    ) -> Result<Reply<UpdateContactGroupReply<'static>>, Error> {
        self.wait(self.client.change_members(from, group, items))
    }

    /// Deletes a conversation group. The conversations keep their marks and their other groups.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// client.delete_contact_group("user_0001", "work")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_contact_group(
        &self,
        from: &str,
        name: &str,
    ) -> Result<Reply<DeleteContactGroupReply<'static>>, Error> {
        self.wait(self.client.delete_contact_group(from, name))
    }

    /// Sets and clears marks of conversations, 1 to 100 changes in the order given. They may be refused one by one:
    /// look at the results.
    ///
    /// ```
    /// use foldmark_client::{Contact, MarkItem};
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let star = MarkItem::setting(Contact::user("user_0002"), 1 << 0);
    /// let vip = MarkItem::custom(Contact::user("user_0002"), "vip");
    /// let marked = client.mark_contact("user_0001", &[star, vip])?;
    /// assert!(marked.value.results.iter().all(|result| result.code == 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn mark_contact(
        &self,
        from: &str,
        items: &[MarkItem<'_>],
    ) -> Result<Reply<MarkContactReply<'static>>, Error> {
        self.wait(self.client.mark_contact(from, items))
    }

    /// One page of all that is kept for a user. `start` is 0, or what the page before gave as `next_start_index`.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let first = client.get_contact_group("user_0001", 0)?.value;
    /// let groups: Vec<_> = first.groups.iter().map(|group| group.name.as_ref()).collect();
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_contact_group(
        &self,
        from: &str,
        start: u64,
    ) -> Result<Reply<GetContactGroupReply<'static>>, Error> {
        self.wait(self.client.get_contact_group(from, start))
    }

    /// All pages of a user, asked for one after the other as they are read. Pages are read at different times: their
    /// revisions tell whether something was changed in between.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// for page in client.pages("user_0001") {
    ///     let page = page?;
    ///     println!("{} records on revision {:?}", page.value.contacts.len(), page.revision);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(&self, from: &str) -> Paged<Reply<GetContactGroupReply<'static>>> {
        self.paged(self.client.pages(from))
    }

    /// All records of a user, page by page as [`Client::pages`] reads them.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let records = client.records("user_0001").collect::<Result<Vec<_>, _>>()?;
    /// let starred = records.iter().filter(|record| record.standard_mark.0 & 1 == 1).count();
    /// # Ok(())
    /// # }
    /// ```
    pub fn records(&self, from: &str) -> Paged<ContactRecord<'static>> {
        self.paged(self.client.records(from))
    }

    /// What is kept for 1 to 300 named conversations of a user. Those without a record are left out.
    ///
    /// ```
    /// use foldmark_client::Contact;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let found = client.search_contact_group("user_0001", &[Contact::user("user_0002")])?;
    /// match found.value.contacts.first() {
    ///     Some(record) => println!("marks {:b}", record.standard_mark.0),
    ///     None => println!("nothing is kept"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_contact_group(
        &self,
        from: &str,
        contacts: &[Contact<'_>],
    ) -> Result<Reply<SearchContactGroupReply<'static>>, Error> {
        self.wait(self.client.search_contact_group(from, contacts))
    }
}
