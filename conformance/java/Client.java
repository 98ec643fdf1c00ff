import io.github.doocs.im.ImClient;
import io.github.doocs.im.model.request.*;
import io.github.doocs.im.model.response.*;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The client io.github.doocs:im-server-sdk-java, with nothing changed but the domain that it is given. */
public class Client {
    static final String USER = "java_1";
    static final String PEER = "java_2";
    static final String CHAT_GROUP = "@TGS#1JAVA0001";

    interface Body {
        void run() throws Exception;
    }

    /** Prints what came of a case. */
    static void attempt(String name, Body body) {
        try {
            body.run();
            System.out.println("ok " + name);
        } catch (Throwable error) {
            System.out.println("failed " + name + ": " + error.toString().replace('\n', ' '));
        }
    }

    static void same(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new IllegalStateException("found " + found + " in place of " + expected);
        }
    }

    static void good(GenericResult reply) {
        same(reply.getActionStatus() + " " + reply.getErrorCode() + " " + reply.getErrorInfo(), "OK 0 ");
    }

    static void refused(GenericResult reply, int code) {
        same(reply.getActionStatus() + " " + reply.getErrorCode(), "FAIL " + code);
        if (reply.getErrorInfo().isEmpty()) {
            throw new IllegalStateException("no reason given");
        }
    }

    static ContactItem user(String account) {
        ContactItem item = new ContactItem(1);
        item.setToAccount(account);
        return item;
    }

    static ContactItem chatGroup(String id) {
        ContactItem item = new ContactItem(2);
        item.setToGroupId(id);
        return item;
    }

    static GroupContactUpdateItem change(int kind, ContactItem item) {
        return GroupContactUpdateItem.builder().contactOptType(kind).contactItem(item).build();
    }

    public static void main(String[] arguments) {
        ImClient client = new ImClient(Long.parseLong(System.getenv("FOLDMARK_APP")), "administrator",
            System.getenv("FOLDMARK_KEY"), System.getenv("FOLDMARK_HOST"));
        accounts(client);
        groups(client);
        lookups(client);
        ends(client);
        System.out.println("done");
    }

    static void accounts(ImClient client) {
        attempt("account_import", () ->
            good(client.account.accountImport(new AccountImportRequest(USER, "One", "http://www.example.com/1.png"))));
        attempt("multiaccount_import", () -> {
            MultiAccountImportResult reply =
                client.account.multiAccountImport(new MultiAccountImportRequest(Arrays.asList(PEER, "java_3")));
            good(reply);
            same(reply.getFailAccounts(), List.of());
        });
        attempt("account_check", () -> {
            AccountCheckResult reply = client.account.accountCheck(new AccountCheckRequest(
                Arrays.asList(new AccountCheckItem(USER), new AccountCheckItem("java_nobody"))));
            good(reply);
            same(reply.getResultItems().get(0).getAccountStatus(), "Imported");
            same(reply.getResultItems().get(1).getAccountStatus(), "NotImported");
        });
        attempt("create_group", () -> {
            CreateGroupRequest request = CreateGroupRequest.builder().type("Public").name("Team").groupId(CHAT_GROUP).build();
            CreateGroupResult reply = client.group.createGroup(request);
            good(reply);
            same(reply.getGroupId(), CHAT_GROUP);
        });
    }

    static void groups(ImClient client) {
        attempt("create_contact_group", () -> {
            List<ContactItem> items = Arrays.asList(user(PEER), chatGroup(CHAT_GROUP), user("java_nobody"));
            CreateContactGroupResult reply = client.recentContact.createContactGroup(
                new CreateContactGroupRequest(USER, Arrays.asList(new GroupContactItem("work", items))));
            good(reply);
            GroupResultItem made = reply.getGroupResultItem().get(0);
            same(made.getGroupItem().getGroupName() + " " + made.getGroupItem().getGroupId(), "work 1");
            same(made.getResultItem().size(), 3);
            same(made.getResultItem().get(0).getResultCode(), 0);
            same(made.getResultItem().get(0).getContactItem().getToAccount(), PEER);
            same(made.getResultItem().get(1).getContactItem().getToGroupId(), CHAT_GROUP);
            same(made.getResultItem().get(2).getResultCode(), 50001);
        });
        attempt("update_contact_group, a rename", () -> {
            UpdateGroup rename = UpdateGroup.builder().updateGroupType(1).oldGroupName("work").newGroupName("projects").build();
            UpdateContactGroupResult reply =
                client.recentContact.updateContactGroup(new UpdateContactGroupRequest(USER, 1, rename));
            good(reply);
            same(reply.getUpdateType(), 1);
            UpdateGroupResult result = reply.getUpdateGroupResult();
            same(result.getGroupName() + " " + result.getOldGroupName() + " " + result.getGroupId(), "projects work 1");
        });
        attempt("update_contact_group, its conversations", () -> {
            List<GroupContactUpdateItem> changes =
                Arrays.asList(change(2, chatGroup(CHAT_GROUP)), change(1, user("java_3")), change(1, chatGroup("@TGS#gone")));
            UpdateGroup members =
                UpdateGroup.builder().updateGroupType(2).oldGroupName("projects").contactUpdateItem(changes).build();
            UpdateContactGroupResult reply =
                client.recentContact.updateContactGroup(new UpdateContactGroupRequest(USER, 1, members));
            good(reply);
            UpdateGroupResult result = reply.getUpdateGroupResult();
            same(result.getUpdateGroupType() + " " + result.getGroupName() + " " + result.getGroupId(), "2 projects 1");
            List<ContactGroupResultItem> results = result.getContactGroupResultItem();
            same(results.get(0).getContactOptType() + " " + results.get(0).getResultCode(), "2 0");
            same(results.get(1).getContactItem().getToAccount() + " " + results.get(1).getResultCode(), "java_3 0");
            same(results.get(2).getContactItem().getToGroupId() + " " + results.get(2).getResultCode(), "@TGS#gone 51007");
        });
        attempt("mark_contact", () -> {
            MarkContactItem both = MarkContactItem.builder().optType(3).contactItem(user(PEER))
                .clearMark(Arrays.asList(1)).setMark(Arrays.asList(0, 4, 63)).customMark("abcd").build();
            MarkContactItem unknown =
                MarkContactItem.builder().optType(1).contactItem(chatGroup("@TGS#gone")).setMark(Arrays.asList(2)).build();
            MarkContactResult reply =
                client.recentContact.markContact(new MarkContactRequest(USER, Arrays.asList(both, unknown)));
            good(reply);
            same(reply.getResultItem().get(0).getResultCode(), 0);
            same(reply.getResultItem().get(0).getOptType(), 3);
            same(reply.getResultItem().get(1).getResultCode(), 51007);
        });
    }

    static void lookups(ImClient client) {
        attempt("search_contact_group", () -> {
            SearchContactGroupResult reply = client.recentContact.searchContactGroup(
                new SearchContactGroupRequest(USER, Arrays.asList(user(PEER), chatGroup(CHAT_GROUP))));
            good(reply);
            same(reply.getContactResultItem().size(), 1);
            ContactResultItem record = reply.getContactResultItem().get(0);
            same(record.getToAccount() + " " + record.getCustomMark() + " " + record.getContactGroupId(), PEER + " abcd [1]");
            same(record.getStandardMark(), "1" + "0".repeat(58) + "10001");
            same(record.getTimestamp() > 1700000000, true);
            same(reply.getGroupItem().get(0).getGroupName() + " " + reply.getGroupItem().get(0).getGroupId(), "projects 1");
        });
        attempt("get_contact_group", () -> {
            GetContactGroupResult reply = client.recentContact.getContactGroup(new GetContactGroupRequest(USER, 0));
            good(reply);
            same(reply.getContactItem().size(), 2);
            same(reply.getCompleteFlag() + " " + reply.getNextStartIndex(), "1 0");
            same(reply.getContactItem().get(1).getContactGroupId(), List.of(1));
        });
        attempt("get_contact_group with nothing but the user", () -> {
            GetContactGroupRequest request = new GetContactGroupRequest();
            request.setFromAccount(USER);
            good(client.recentContact.getContactGroup(request));
        });
        attempt("get_contact_group of a user that is not there", () ->
            refused(client.recentContact.getContactGroup(new GetContactGroupRequest("java_nobody", 0)), 50001));
    }

    static void ends(ImClient client) {
        attempt("del_contact_group", () -> {
            DelContactGroupResult reply =
                client.recentContact.delContactGroup(new DelContactGroupRequest(USER, Arrays.asList("projects")));
            good(reply);
            same(reply.getGroupItem().get(0).getGroupName() + " " + reply.getGroupItem().get(0).getGroupId(), "projects 1");
        });
        attempt("del_contact_group again", () ->
            refused(client.recentContact.delContactGroup(new DelContactGroupRequest(USER, Arrays.asList("projects"))), 51009));
        attempt("destroy_group", () -> good(client.group.destroyGroup(new DestroyGroupRequest(CHAT_GROUP))));
        attempt("delete, of recent contacts", () ->
            good(client.recentContact.deleteRecentContact(
                DeleteRecentContactRequest.builder().fromAccount(USER).type(1).toAccount(PEER).clearRamble(1).build())));
        attempt("account_delete", () -> {
            AccountDeleteResult reply = client.account.accountDelete(new AccountDeleteRequest(
                Arrays.asList(new AccountDeleteItem("java_3"), new AccountDeleteItem("java_nobody"))));
            good(reply);
            same(reply.getResultItems().get(0).getResultCode(), 0);
            same(reply.getResultItems().get(1).getResultCode(), 70107);
        });
        attempt("a wrong key", () -> {
            ImClient stranger = new ImClient(Long.parseLong(System.getenv("FOLDMARK_APP")), "administrator", "another key",
                System.getenv("FOLDMARK_HOST"));
            refused(stranger.recentContact.getContactGroup(new GetContactGroupRequest(USER, 0)), 70009);
        });
    }
}
