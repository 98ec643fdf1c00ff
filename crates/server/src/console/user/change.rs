//! From a form to the calls that do what it asks for, and to those that would take it back.

use foldmark_wire::CallName;
use foldmark_wire::limits::CONVERSATIONS_PER_CALL_MAX;
use serde_json::{Value, json};

use super::sheet::{Row, Sheet, contact};
use crate::console::fields::Fields;
use crate::console::language::Language;
use crate::console::operate::Step;

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// What takes it back, made of what was there before.
    pub(super) undo: Vec<Step>,
    /// What is told once it is done.
    pub(super) done: String,
}

/// What the form asks for, of the user as he is now; an `Err` says why that cannot be.
pub(super) fn plan(sheet: &Sheet, fields: &Fields, language: Language) -> Result<Plan, String> {
    let asked = Asked { sheet, fields, language };
    match fields.get("do") {
        "create" => asked.create(),
        "rename" => Ok(asked.rename()),
        "delete" => Ok(asked.delete()),
        "put" => asked.put(),
        "add" => asked.members(ADD),
        "remove" => asked.members(REMOVE),
        "set" => asked.bit(true),
        "clear" => asked.bit(false),
        "custom" => asked.custom_mark(),
        _ => Err(language.t("Choose what is to be done.").to_owned()),
    }
}

/// Values of `ContactOptType`.
const ADD: u8 = 1;
const REMOVE: u8 = 2;

struct Asked<'a> {
    sheet: &'a Sheet,
    fields: &'a Fields,
    language: Language,
}

impl Asked<'_> {
    /// The call would take a group that there is already, and taking that back would delete it.
    fn create(&self) -> Result<Plan, String> {
        let name = self.fields.get("name");
        if self.sheet.groups.iter().any(|group| group.name == name) {
            return Err(self.language.fill("There is a group “{}” already.", &[&name]));
        }
        Ok(Plan {
            steps: vec![self.creation(name, &[])],
            undo: vec![self.deletion(name)],
            done: self.language.fill("Group “{}” was created.", &[&name]),
        })
    }

    fn rename(&self) -> Plan {
        let (old, new) = (self.fields.get("group"), self.fields.get("name"));
        Plan {
            steps: vec![self.renaming(old, new)],
            undo: vec![self.renaming(new, old)],
            done: self.language.fill("Group “{}” is now called “{}”.", &[&old, &new]),
        }
    }

    /// A group that is made again has the same conversations, and another id.
    fn delete(&self) -> Plan {
        let name = self.fields.get("group");
        let members = self.sheet.rows.iter().filter(|row| row.groups.iter().any(|group| group == name));
        let members: Vec<Value> = members.map(Row::contact).collect();
        let (first, rest) = members.split_at(members.len().min(CONVERSATIONS_PER_CALL_MAX));
        let mut undo = vec![self.creation(name, first)];
        undo.extend(self.updates(name, ADD, rest));
        let done = "Group “{}” with {} conversations was deleted. If you undo it, it gets a new id.";
        Plan {
            steps: vec![self.deletion(name)],
            undo,
            done: self.language.fill(done, &[&name, &members.len()]),
        }
    }

    /// Puts conversations that are written down into a group.
    fn put(&self) -> Result<Plan, String> {
        let group = self.group()?;
        let is_chat_group = self.fields.get("kind") == "chat_group";
        let peers = self.fields.get("peers").lines().map(str::trim).filter(|peer| !peer.is_empty());
        let contacts: Vec<Value> = peers.map(|peer| contact(is_chat_group, peer)).collect();
        if contacts.is_empty() {
            return Err(self.language.t("Write down at least one conversation.").to_owned());
        }
        let is_in = |given: &&Value| {
            let found = self.sheet.rows.iter().find(|row| row.contact() == **given);
            found.is_some_and(|row| row.groups.iter().any(|name| name == group))
        };
        let new: Vec<Value> = contacts.iter().filter(|given| !is_in(given)).cloned().collect();
        Ok(Plan {
            steps: self.updates(group, ADD, &contacts),
            undo: self.updates(group, REMOVE, &new),
            done: self.language.fill("{} conversations are in “{}”.", &[&contacts.len(), &group]),
        })
    }

    /// Adds the chosen conversations to a group, or removes them from it.
    fn members(&self, option: u8) -> Result<Plan, String> {
        let group = self.group()?;
        let chosen = self.chosen()?;
        let contacts: Vec<Value> = chosen.iter().map(|row| row.contact()).collect();
        let is_in = |row: &&&Row| row.groups.iter().any(|name| name == group);
        let changed = chosen.iter().filter(|row| is_in(row) == (option == REMOVE));
        let changed: Vec<Value> = changed.map(|row| row.contact()).collect();
        let (back, done) = match option {
            ADD => (REMOVE, "{} conversations are in “{}”."),
            _ => (ADD, "{} conversations are not in “{}” any more."),
        };
        Ok(Plan {
            steps: self.updates(group, option, &contacts),
            undo: self.updates(group, back, &changed),
            done: self.language.fill(done, &[&contacts.len(), &group]),
        })
    }

    /// Sets or clears a bit of the chosen conversations.
    fn bit(&self, set: bool) -> Result<Plan, String> {
        let bit = self.fields.number::<u8>("bit").filter(|bit| *bit < 64);
        let bit = bit.ok_or_else(|| self.language.t("A bit is a number from 0 to 63.").to_owned())?;
        let chosen = self.chosen()?;
        let item = |row: &Row, set: bool| {
            let list = if set { "SetMark" } else { "ClearMark" };
            json!({ "OptType": 1, "ContactItem": row.contact(), list: [bit] })
        };
        let changed = chosen.iter().filter(|row| (row.bits >> bit & 1 == 1) != set);
        let done = match set {
            true => "Bit {} was set for {} conversations.",
            false => "Bit {} was cleared for {} conversations.",
        };
        Ok(Plan {
            steps: self.marks(chosen.iter().map(|row| item(row, set))),
            undo: self.marks(changed.map(|row| item(row, !set))),
            done: self.language.fill(done, &[&bit, &chosen.len()]),
        })
    }

    /// Gives the chosen conversations a custom mark; an empty one is none.
    fn custom_mark(&self) -> Result<Plan, String> {
        let mark = self.fields.get("mark");
        let chosen = self.chosen()?;
        let item =
            |row: &Row, mark: &str| json!({ "OptType": 2, "ContactItem": row.contact(), "CustomMark": mark });
        let changed = chosen.iter().filter(|row| row.custom_mark != mark);
        Ok(Plan {
            steps: self.marks(chosen.iter().map(|row| item(row, mark))),
            undo: self.marks(changed.map(|row| item(row, &row.custom_mark))),
            done: self.language.fill("The custom mark of {} conversations was set.", &[&chosen.len()]),
        })
    }

    fn group(&self) -> Result<&str, String> {
        match self.fields.get("group") {
            "" => Err(self.language.t("Choose a group.").to_owned()),
            group => Ok(group),
        }
    }

    /// The conversations that were ticked, as they are now. Those that are gone meanwhile are left out.
    fn chosen(&self) -> Result<Vec<&Row>, String> {
        let keys: std::collections::HashSet<&str> = self.fields.all("c").collect();
        let chosen: Vec<&Row> = self.sheet.rows.iter().filter(|row| keys.contains(&*row.key())).collect();
        match chosen.is_empty() {
            true => Err(self.language.t("Tick at least one conversation.").to_owned()),
            false => Ok(chosen),
        }
    }

    fn creation(&self, name: &str, members: &[Value]) -> Step {
        let item = json!({ "GroupName": name, "ContactItem": members });
        self.step(CallName::CreateContactGroup, json!({ "GroupContactItem": [item] }))
    }

    fn deletion(&self, name: &str) -> Step {
        self.step(CallName::DelContactGroup, json!({ "GroupName": [name] }))
    }

    fn renaming(&self, old: &str, new: &str) -> Step {
        let update = json!({ "UpdateGroupType": 1, "OldGroupName": old, "NewGroupName": new });
        self.step(CallName::UpdateContactGroup, json!({ "UpdateType": 1, "UpdateGroup": update }))
    }

    fn updates(&self, group: &str, option: u8, contacts: &[Value]) -> Vec<Step> {
        let calls = contacts.chunks(CONVERSATIONS_PER_CALL_MAX).map(|contacts| {
            let item = |contact| json!({ "ContactOptType": option, "ContactItem": contact });
            let items: Vec<Value> = contacts.iter().map(item).collect();
            let update = json!({ "UpdateGroupType": 2, "OldGroupName": group, "ContactUpdateItem": items });
            self.step(CallName::UpdateContactGroup, json!({ "UpdateType": 1, "UpdateGroup": update }))
        });
        calls.collect()
    }

    fn marks(&self, items: impl Iterator<Item = Value>) -> Vec<Step> {
        let items: Vec<Value> = items.collect();
        let calls = items.chunks(CONVERSATIONS_PER_CALL_MAX);
        calls.map(|items| self.step(CallName::MarkContact, json!({ "MarkItem": items }))).collect()
    }

    fn step(&self, call: CallName, mut body: Value) -> Step {
        body["From_Account"] = json!(self.sheet.id);
        Step { call, body }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::Folder;
    use super::*;

    fn row(peer: &str, groups: &[&str], bits: u64, mark: &str) -> Row {
        Row::for_tests(peer, groups, bits, mark)
    }

    fn sheet(rows: Vec<Row>) -> Sheet {
        let folder = |(id, name): (u32, &str)| Folder { id, name: name.to_owned(), count: 0 };
        Sheet {
            id: "alice".to_owned(),
            imported: true,
            nick: String::new(),
            face_url: String::new(),
            revision: 1,
            grouped: 0,
            marked: 0,
            groups: [(1, "work"), (2, "home")].map(folder).into(),
            rows,
        }
    }

    fn planned(sheet: &Sheet, form: &str) -> Plan {
        plan(sheet, &Fields::parse(form.as_bytes()), Language::English).unwrap()
    }

    #[test]
    fn only_what_changes_is_taken_back() {
        let sheet = sheet(vec![row("a", &["work"], 1, "x"), row("b", &[], 0, ""), row("c", &[], 0, "")]);
        let plan = planned(&sheet, "do=add&group=work&c=ua&c=ub");
        let items = |step: &Step| step.body["UpdateGroup"]["ContactUpdateItem"].clone();
        assert_eq!(items(&plan.steps[0]).as_array().unwrap().len(), 2);
        let back = json!([{ "ContactOptType": 2, "ContactItem": { "Type": 1, "To_Account": "b" } }]);
        assert_eq!(items(&plan.undo[0]), back, "a was in it before");

        let plan = planned(&sheet, "do=set&bit=0&c=ua&c=ub");
        let back = json!([
            { "OptType": 1, "ContactItem": { "Type": 1, "To_Account": "b" }, "ClearMark": [0] }
        ]);
        assert_eq!(plan.undo[0].body["MarkItem"], back);

        let plan = planned(&sheet, "do=custom&mark=y&c=ua");
        assert_eq!(plan.undo[0].body["MarkItem"][0]["CustomMark"], "x");
    }

    #[test]
    fn a_large_group_comes_back_in_several_calls() {
        let rows = (0..250).map(|number| row(&format!("u{number:03}"), &["work"], 0, "")).collect();
        let sheet = sheet(rows);
        let plan = planned(&sheet, "do=delete&group=work");
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.undo.len(), 3);
        assert!(plan.done.contains("250"), "{}", plan.done);
        let first = &plan.undo[0].body["GroupContactItem"][0]["ContactItem"];
        assert_eq!(first.as_array().unwrap().len(), 100);
    }

    #[test]
    fn a_form_that_lacks_something_is_told_so() {
        let sheet = sheet(vec![row("a", &[], 0, "")]);
        for form in [
            "",
            "do=other",
            "do=create&name=work",
            "do=add&group=work",
            "do=add&c=ua",
            "do=set&bit=64&c=ua",
            "do=set&c=ua",
            "do=custom&mark=x&c=unobody",
            "do=put&group=work&peers=+%0A",
        ] {
            let why = plan(&sheet, &Fields::parse(form.as_bytes()), Language::English).unwrap_err();
            assert!(!why.is_empty(), "{form}");
        }
    }
}
