//! The chat group calls, blocking.

use foldmark_wire::chat_groups::{
    ChatGroupType, CreateGroup, CreateGroupReply, DestroyGroupReply, GetGroupInfoReply, ListedChatGroup,
};

use crate::blocking::{Client, Paged};
use crate::client::Reply;
use crate::error::Error;

impl Client {
    /// Registers a chat group.
    ///
    /// ```
    /// use foldmark_client::{ChatGroupType, CreateGroup};
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let group = client.create_group(&CreateGroup::new(ChatGroupType::Public, "Team"))?;
    /// println!("its id is {}", group.value.group_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_group(&self, group: &CreateGroup<'_>) -> Result<Reply<CreateGroupReply<'static>>, Error> {
        self.wait(self.client.create_group(group))
    }

    /// Disbands a chat group.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// client.destroy_group("@TGS#1B2AUI7RZ")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn destroy_group(&self, group_id: &str) -> Result<Reply<DestroyGroupReply>, Error> {
        self.wait(self.client.destroy_group(group_id))
    }

    /// Facts about 1 to 50 chat groups. They may be refused one by one: look at the results.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let info = client.get_group_info(&["@TGS#1B2AUI7RZ"])?;
    /// for group in &info.value.groups {
    ///     println!("{}: {}", group.group_id, group.facts.as_ref().map_or("no such chat group", |facts| &facts.name));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_group_info(&self, group_ids: &[&str]) -> Result<Reply<GetGroupInfoReply<'static>>, Error> {
        self.wait(self.client.get_group_info(group_ids))
    }

    /// All chat groups of the application, or those of one type, 10,000 a call as they are read. The call may be made
    /// once in a second, so long lists take their time.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// for group in client.list_groups(None) {
    ///     println!("{}", group?.group_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_groups(&self, kind: Option<ChatGroupType>) -> Paged<ListedChatGroup<'static>> {
        self.paged(self.client.list_groups(kind))
    }
}
