// The client github.com/dobyte/tencent-im. Its host is fixed, so it finds the server under the vendor's name.
// With the path of a plan it makes the signatures of the plan instead.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	im "github.com/dobyte/tencent-im"
	"github.com/dobyte/tencent-im/account"
	"github.com/dobyte/tencent-im/group"
	"github.com/dobyte/tencent-im/recentcontact"
)

const (
	user      = "go_1"
	peer      = "go_2"
	chatGroup = "@TGS#1GO000001"
)

func main() {
	if len(os.Args) == 2 {
		makeSignatures(os.Args[1])
		return
	}
	app, err := strconv.Atoi(os.Getenv("FOLDMARK_APP"))
	if err != nil {
		panic(err)
	}
	client := im.NewIM(&im.Options{AppId: app, AppSecret: os.Getenv("FOLDMARK_KEY"), UserId: "administrator"})
	accounts(client)
	chatGroups(client)
	recentContacts(client)
	stranger := im.NewIM(&im.Options{AppId: app, AppSecret: "another key", UserId: "administrator"})
	_, err = stranger.Account().CheckAccounts(user)
	report("a wrong key", coded(err, 70009))
	fmt.Println("done")
}

// report prints what came of a case.
func report(name string, err error) {
	if err != nil {
		fmt.Printf("failed %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Println("ok " + name)
}

// same is an error unless both are the same.
func same(err error, found, expected any) error {
	if err != nil {
		return describe(err)
	}
	if fmt.Sprint(found) != fmt.Sprint(expected) {
		return fmt.Errorf("found %v in place of %v", found, expected)
	}
	return nil
}

// coded is an error unless err has the code.
func coded(err error, code int) error {
	if err == nil {
		return fmt.Errorf("no error in place of %d", code)
	}
	if refusal, known := err.(im.Error); known && refusal.Code() == code {
		return nil
	}
	return describe(err)
}

// describe adds the code to an error of the client's.
func describe(err error) error {
	if refusal, known := err.(im.Error); known {
		return fmt.Errorf("%d %s", refusal.Code(), refusal.Message())
	}
	return err
}

func accounts(client im.IM) {
	err := client.Account().ImportAccount(&account.Account{UserId: user, Nickname: "One"})
	report("account_import", same(err, nil, nil))
	failed, err := client.Account().ImportAccounts(peer, "go_3")
	report("multiaccount_import", same(err, len(failed), 0))
	checked, err := client.Account().CheckAccounts(user, "go_nobody")
	states := []string{}
	for _, result := range checked {
		states = append(states, string(result.Status))
	}
	report("account_check", same(err, states, []string{"Imported", "NotImported"}))
	deleted, err := client.Account().DeleteAccounts("go_3", "go_nobody")
	codes := []int{}
	for _, result := range deleted {
		codes = append(codes, result.ResultCode)
	}
	report("account_delete", same(err, codes, []int{0, 70107}))
}

func chatGroups(client im.IM) {
	made := group.NewGroup()
	made.SetGroupId(chatGroup)
	made.SetName("Team")
	made.SetGroupType(group.TypePublic)
	made.SetOwner(user)
	id, err := client.Group().CreateGroup(made)
	report("create_group", same(err, id, chatGroup))
	found, err := client.Group().GetGroup(chatGroup)
	name := ""
	if found != nil {
		name = found.GetName() + " " + found.GetOwner()
	}
	report("get_group_info", same(err, name, "Team "+user))
	list, err := client.Group().FetchGroupIds(1000, 0)
	listed := false
	if list != nil {
		for _, id := range list.List {
			listed = listed || id == chatGroup
		}
	}
	report("get_appid_group_list", same(err, listed, true))
	report("destroy_group", same(client.Group().DestroyGroup(chatGroup), nil, nil))
	report("destroy_group again", coded(client.Group().DestroyGroup(chatGroup), 10010))
}

func recentContacts(client im.IM) {
	_, err := client.RecentContact().FetchSessions(&recentcontact.FetchSessionsArg{UserId: user, IsAllowTopSession: true})
	report("get_list, of recent contacts", same(err, nil, nil))
	err = client.RecentContact().DeleteSession(user, peer, recentcontact.SessionTypeC2C, true)
	report("delete, of recent contacts", same(err, nil, nil))
}

// A plan of signatures to make.
type plan struct {
	Items []struct {
		App        int    `json:"app"`
		Key        string `json:"key"`
		Identifier string `json:"identifier"`
		Expire     int    `json:"expire"`
	} `json:"items"`
}

func makeSignatures(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var wanted plan
	if err := json.Unmarshal(text, &wanted); err != nil {
		panic(err)
	}
	for _, item := range wanted.Items {
		maker := im.NewIM(&im.Options{AppId: item.App, AppSecret: item.Key, UserId: "administrator"})
		fmt.Println("made " + maker.GetUserSig(item.Identifier, item.Expire).UserSig)
	}
}
