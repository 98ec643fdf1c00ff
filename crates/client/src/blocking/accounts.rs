//! The account calls, blocking.

use foldmark_wire::accounts::{
    AccountCheckReply, AccountDeleteReply, AccountImport, AccountImportReply, MultiaccountImportReply,
};

use crate::blocking::Client;
use crate::client::Reply;
use crate::error::Error;

impl Client {
    /// Imports an account without a profile. Importing it again changes nothing.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// client.account_import("user_0001")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn account_import(&self, user_id: &str) -> Result<Reply<AccountImportReply>, Error> {
        self.wait(self.client.account_import(user_id))
    }

    /// Imports an account with its nickname and picture.
    ///
    /// ```
    /// use foldmark_client::AccountImport;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let account = AccountImport { nick: Some("One".into()), ..AccountImport::new("user_0001") };
    /// client.account_import_profile(&account)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn account_import_profile(
        &self,
        account: &AccountImport<'_>,
    ) -> Result<Reply<AccountImportReply>, Error> {
        self.wait(self.client.account_import_profile(account))
    }

    /// Imports any number of accounts, 100 a call, and gives back those that were refused. After an error the calls
    /// before the failed one stand; importing all of them again is harmless.
    ///
    /// ```
    /// use foldmark_client::AccountImport;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let accounts = ["user_0001", "user_0002"].map(AccountImport::new);
    /// let refused = client.accounts_import(&accounts)?.fail_accounts;
    /// assert!(refused.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn accounts_import(
        &self,
        accounts: &[AccountImport<'_>],
    ) -> Result<MultiaccountImportReply<'static>, Error> {
        self.wait(self.client.accounts_import(accounts))
    }

    /// Which of 1 to 100 accounts are imported.
    ///
    /// ```
    /// use foldmark_client::AccountStatus;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let checked = client.account_check(&["user_0001", "nobody"])?;
    /// let imported = checked.value.results.iter().filter(|result| result.status == AccountStatus::Imported);
    /// println!("{} of 2", imported.count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn account_check(&self, user_ids: &[&str]) -> Result<Reply<AccountCheckReply<'static>>, Error> {
        self.wait(self.client.account_check(user_ids))
    }

    /// Deletes 1 to 100 accounts with all that is kept for them. They may be refused one by one: look at the results.
    ///
    /// ```
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let deleted = client.account_delete(&["user_0001"])?;
    /// assert!(deleted.value.results.iter().all(|result| result.code == 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn account_delete(&self, user_ids: &[&str]) -> Result<Reply<AccountDeleteReply<'static>>, Error> {
        self.wait(self.client.account_delete(user_ids))
    }
}
