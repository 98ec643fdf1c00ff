//! Whether a follower's copy is what the server has, to the last field.

use foldmark_client::{Client, Error, ListConversations};

use super::follower::Copy;

/// Compares a copy with the lists, and with what somebody is told who begins to follow now.
pub(super) async fn agrees(client: &Client, user: &str, copy: &Copy) -> Result<(), String> {
    let listed = listed(client, user).await?;
    if *copy != listed {
        return Err(format!("the copy is {copy:?}, and listed is {listed:?}"));
    }
    let fresh = fresh(client, user).await.map_err(|error| error.to_string())?;
    match *copy == fresh {
        true => Ok(()),
        false => Err(format!("the copy is {copy:?}, and told from nothing is {fresh:?}")),
    }
}

async fn listed(client: &Client, user: &str) -> Result<Copy, String> {
    let wrong = |error: Error| error.to_string();
    let mut copy = Copy::default();
    let mut request = ListConversations { from_account: user.into(), ..ListConversations::default() };
    loop {
        let page = client.list_conversations(&request).await.map_err(wrong)?.value;
        for record in page.contacts {
            copy.records.insert(record.contact.clone(), record);
        }
        if page.complete_flag == 1 {
            break;
        }
        request.start_index = page.next_start_index;
    }
    for counted in client.list_contact_groups(user).await.map_err(wrong)?.value.groups {
        let (id, count) = (counted.group.id, counted.count as usize);
        let members = copy.records.values().filter(|record| record.group_ids.contains(&id)).count();
        if members != count {
            return Err(format!(
                "the group {id} has {count} conversations by one list, and {members} by another"
            ));
        }
        copy.groups.insert(id, counted.group);
    }
    Ok(copy)
}

async fn fresh(client: &Client, user: &str) -> Result<Copy, Error> {
    let mut copy = Copy::default();
    let mut place: Option<String> = None;
    loop {
        let page = client.get_changes(user, place.as_deref(), None).await?.value;
        let more = page.more;
        place = Some(page.cursor.clone().into_owned());
        copy.apply(page);
        if !more {
            return Ok(copy);
        }
    }
}
