//! The chat group calls: create, destroy, facts about some, list of all.

use foldmark_wire::CallName;
use foldmark_wire::chat_groups::{
    ChatGroupType, CreateGroup, CreateGroupReply, DestroyGroup, DestroyGroupReply, GetAppidGroupList,
    GetAppidGroupListReply, GetGroupInfo, GetGroupInfoReply, ListedChatGroup,
};
use foldmark_wire::limits::CHAT_GROUPS_PER_LIST_MAX;
use futures_util::stream::{self, Stream, TryStreamExt};

use crate::client::{Client, Reply};
use crate::error::Error;
use crate::paged::Paged;

impl Client {
    /// Registers a chat group.
    ///
    /// ```
    /// use foldmark_client::{ChatGroupType, CreateGroup};
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let group = client.create_group(&CreateGroup::new(ChatGroupType::Public, "Team")).await?;
    /// println!("its id is {}", group.value.group_id);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_group(
        &self,
        group: &CreateGroup<'_>,
    ) -> Result<Reply<CreateGroupReply<'static>>, Error> {
        self.call(CallName::CreateGroup, group).await
    }

    /// Disbands a chat group.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// client.destroy_group("@TGS#1B2AUI7RZ").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn destroy_group(&self, group_id: &str) -> Result<Reply<DestroyGroupReply>, Error> {
        self.call(CallName::DestroyGroup, &DestroyGroup { group_id: group_id.into() }).await
    }

    /// Facts about 1 to 50 chat groups. They may be refused one by one: look at the results.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let info = client.get_group_info(&["@TGS#1B2AUI7RZ"]).await?;
    /// for group in &info.value.groups {
    ///     println!("{}: {}", group.group_id, group.facts.as_ref().map_or("no such chat group", |facts| &facts.name));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_group_info(
        &self,
        group_ids: &[&str],
    ) -> Result<Reply<GetGroupInfoReply<'static>>, Error> {
        let group_ids = group_ids.iter().map(|group_id| Ok((*group_id).into())).collect();
        self.call(CallName::GetGroupInfo, &GetGroupInfo { group_ids }).await
    }

    /// All chat groups of the application, or those of one type, 10,000 a call as they are read. The call may be made
    /// once in a second, so long lists take their time.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let mut groups = client.list_groups(None);
    /// while let Some(group) = groups.try_next().await? {
    ///     println!("{}", group.group_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_groups(&self, kind: Option<ChatGroupType>) -> Paged<ListedChatGroup<'static>> {
        let groups = |page: GetAppidGroupListReply<'static>| page.groups.into_iter().map(Ok);
        Paged::new(
            group_pages(self.clone(), kind).map_ok(move |page| stream::iter(groups(page))).try_flatten(),
        )
    }
}

fn group_pages(
    client: Client,
    kind: Option<ChatGroupType>,
) -> impl Stream<Item = Result<GetAppidGroupListReply<'static>, Error>> + Send {
    stream::try_unfold((Some(0), client), move |(next, client)| async move {
        let Some(next) = next else {
            return Ok(None);
        };
        let request = GetAppidGroupList { limit: CHAT_GROUPS_PER_LIST_MAX, next, kind };
        let page: Reply<GetAppidGroupListReply<'static>> =
            client.call(CallName::GetAppidGroupList, &request).await?;
        let after = page.value.next;
        // The cursor is opaque, so it cannot be told whether it moves on; an empty page surely leads nowhere.
        let is_last = after == 0 || after == next || page.value.groups.is_empty();
        Ok(Some((page.value, (Some(after).filter(|_| !is_last), client))))
    })
}
