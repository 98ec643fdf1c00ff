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
    pub async fn account_import(&self, user_id: &str) -> Result<Reply<AccountImportReply>, Error> {
        self.account_import_profile(&AccountImport::new(user_id)).await
    }

    /// Imports an account with its nickname and picture.
    pub async fn account_import_profile(
        &self,
        account: &AccountImport<'_>,
    ) -> Result<Reply<AccountImportReply>, Error> {
        self.call(CallName::AccountImport, account).await
    }

    /// Imports any number of accounts, 100 a call, and gives back those that were refused. After an error the calls
    /// before the failed one stand; importing all of them again is harmless.
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
    pub async fn account_check(&self, user_ids: &[&str]) -> Result<Reply<AccountCheckReply<'static>>, Error> {
        let request = AccountCheck::new(user_ids.iter().map(|user_id| (*user_id).into()));
        self.call(CallName::AccountCheck, &request).await
    }

    /// Deletes 1 to 100 accounts with all that is kept for them. They may be refused one by one: look at the results.
    pub async fn account_delete(
        &self,
        user_ids: &[&str],
    ) -> Result<Reply<AccountDeleteReply<'static>>, Error> {
        let request = AccountDelete::new(user_ids.iter().map(|user_id| (*user_id).into()));
        self.call(CallName::AccountDelete, &request).await
    }
}
