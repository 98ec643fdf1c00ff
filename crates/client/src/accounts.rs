//! The account calls: import, batch import, check, delete.

use foldmark_wire::CallName;
use foldmark_wire::accounts::{
    AccountCheck, AccountCheckReply, AccountDelete, AccountDeleteReply, AccountImport, AccountImportReply,
    MultiaccountImport, MultiaccountImportReply,
};
use foldmark_wire::limits::ACCOUNTS_PER_CALL_MAX;

use crate::client::{Client, Reply};
use crate::error::Error;

impl Client {
    /// Imports an account without a profile. Importing it again changes nothing.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// client.account_import("user_0001").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn account_import(&self, user_id: &str) -> Result<Reply<AccountImportReply>, Error> {
        self.account_import_profile(&AccountImport::new(user_id)).await
    }

    /// Imports an account with its nickname and picture.
    ///
    /// ```
    /// use foldmark_client::AccountImport;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let account = AccountImport { nick: Some("One".into()), ..AccountImport::new("user_0001") };
    /// client.account_import_profile(&account).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn account_import_profile(
        &self,
        account: &AccountImport<'_>,
    ) -> Result<Reply<AccountImportReply>, Error> {
        self.call(CallName::AccountImport, account).await
    }

    /// Imports any number of accounts, 100 a call, and gives back those that were refused. After an error the calls
    /// before the failed one stand; importing all of them again is harmless.
    ///
    /// ```
    /// use foldmark_client::AccountImport;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let accounts = ["user_0001", "user_0002"].map(AccountImport::new);
    /// let refused = client.accounts_import(&accounts).await?.fail_accounts;
    /// assert!(refused.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accounts_import(
        &self,
        accounts: &[AccountImport<'_>],
    ) -> Result<MultiaccountImportReply<'static>, Error> {
        let mut refused = MultiaccountImportReply::default();
        for batch in accounts.chunks(ACCOUNTS_PER_CALL_MAX) {
            let request = MultiaccountImport::new(batch.iter().cloned());
            let reply: Reply<MultiaccountImportReply<'static>> =
                self.call(CallName::MultiaccountImport, &request).await?;
            refused.fail_accounts.extend(reply.value.fail_accounts);
        }
        Ok(refused)
    }

    /// Which of 1 to 100 accounts are imported.
    ///
    /// ```
    /// use foldmark_client::AccountStatus;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let checked = client.account_check(&["user_0001", "nobody"]).await?;
    /// let imported = checked.value.results.iter().filter(|result| result.status == AccountStatus::Imported);
    /// println!("{} of 2", imported.count());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn account_check(&self, user_ids: &[&str]) -> Result<Reply<AccountCheckReply<'static>>, Error> {
        let request = AccountCheck::new(user_ids.iter().map(|user_id| (*user_id).into()));
        self.call(CallName::AccountCheck, &request).await
    }

    /// Deletes 1 to 100 accounts with all that is kept for them. They may be refused one by one: look at the results.
    ///
    /// ```
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let deleted = client.account_delete(&["user_0001"]).await?;
    /// assert!(deleted.value.results.iter().all(|result| result.code == 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn account_delete(
        &self,
        user_ids: &[&str],
    ) -> Result<Reply<AccountDeleteReply<'static>>, Error> {
        let request = AccountDelete::new(user_ids.iter().map(|user_id| (*user_id).into()));
        self.call(CallName::AccountDelete, &request).await
    }
}
