//! Founding and disbanding chat groups.

use expect_test::expect;

use crate::check;

#[test]
fn founding() {
    check(
        "absent @team",
        r#"@team> found Public "The team" owner bob"#,
        expect![[r#"
            done
            ChatGroupHead { alive: true, kind: "Public", name: "The team", owner: "bob", created: 100 }
        "#]],
    );
    check(
        "absent @team",
        "@team> found Public Team",
        expect![[r#"
        done
        ChatGroupHead { alive: true, kind: "Public", name: "Team", owner: "", created: 100 }
    "#]],
    );
}

#[test]
fn ids_of_the_service_are_accepted() {
    // Decision 45.
    check(
        "absent @TGS#1B2AUI7RZ",
        "@TGS#1B2AUI7RZ> found Public Team",
        expect![[r#"
            done
            ChatGroupHead { alive: true, kind: "Public", name: "Team", owner: "", created: 100 }
        "#]],
    );
}

#[test]
fn the_owner_must_exist() {
    check(
        "absent @team bob",
        "@team> found Public Team owner bob",
        expect![[r#"
            refused: OwnerUnknown
            nothing changed
        "#]],
    );
    check(
        "absent @team bob
         open accounts",
        "@team> found Public Team owner bob",
        expect![[r#"
            done
            ChatGroupHead { alive: true, kind: "Public", name: "Team", owner: "bob", created: 100 }
        "#]],
    );
}

#[test]
fn a_living_chat_group_is_taken() {
    // Decision 46.
    check(
        "chat-group @team Public Team owner bob",
        "@team> found Public Team owner bob
         @team> found Public Team owner carl
         @team> found Public Team",
        expect![[r#"
            refused: ChatGroupTaken { same_owner: true }
            refused: ChatGroupTaken { same_owner: false }
            refused: ChatGroupTaken { same_owner: false }
            nothing changed
        "#]],
    );
    check(
        "chat-group @team Public Team",
        "@team> found Public Team owner bob
         @team> found Public Team",
        expect![[r#"
            refused: ChatGroupTaken { same_owner: false }
            refused: ChatGroupTaken { same_owner: false }
            nothing changed
        "#]],
    );
}

#[test]
fn a_disbanded_chat_group_is_founded_anew() {
    // Decision 46.
    check(
        "disbanded @team",
        "@team> found Private Other owner bob",
        expect![[r#"
            done
            ChatGroupHead { alive: true, kind: "Private", name: "Other", owner: "bob", created: 100 }
        "#]],
    );
}

#[test]
fn disbanding() {
    check(
        "chat-group @team Public Team owner bob",
        "@team> disband
         @team> disband",
        expect![[r#"
            done
            refused: NoSuchChatGroup
            ChatGroupHead { alive: false, kind: "Public", name: "Team", owner: "bob", created: 10 }
        "#]],
    );
}

#[test]
fn disbanding_what_does_not_exist() {
    check(
        "absent @team",
        "@team> disband",
        expect![[r#"
        refused: NoSuchChatGroup
        nothing changed
    "#]],
    );
    check(
        "disbanded @team",
        "@team> disband",
        expect![[r#"
        refused: NoSuchChatGroup
        nothing changed
    "#]],
    );
}

#[test]
fn disbanding_touches_no_user() {
    // Decision 32.
    check(
        "group 1 work
         #0 @team: in 1",
        "@team> disband
         search bob",
        expect![[r#"
            done
            found 0; groups: none
            nothing changed
        "#]],
    );
}
