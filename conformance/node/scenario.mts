// One scenario with the types that openapi-typescript made of the server's OpenAPI document, and openapi-fetch.
import createClient from 'openapi-fetch';
import type { components, paths } from './foldmark_api.js';

const client = createClient<paths>({ baseUrl: `https://${process.env['FOLDMARK_HOST']}` });
const params = {
  query: {
    sdkappid: Number(process.env['FOLDMARK_APP']),
    identifier: 'administrator',
    usersig: process.env['FOLDMARK_USERSIG'] ?? '',
    random: 4294967295,
    contenttype: 'json',
  },
} as const;
const user = 'ts_1';
const peer: components['schemas']['Conversation'] = { Type: 1, To_Account: 'ts_2' };
const chatGroup: components['schemas']['Conversation'] = { Type: 2, ToGroupId: '@TGS#1TS000001' };

function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`found ${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`);
  }
}

type Reply = { ActionStatus: 'OK' | 'FAIL'; ErrorCode: number; ErrorInfo: string };

/** The reply, which has to have this code. */
function coded<R extends Reply>(given: { data?: R | undefined; error?: unknown }, code = 0): R {
  if (given.data === undefined) {
    throw new Error(`no reply but ${JSON.stringify(given.error)}`);
  }
  same([given.data.ActionStatus, given.data.ErrorCode], [code === 0 ? 'OK' : 'FAIL', code]);
  return given.data;
}

async function attempt(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${String(error).replaceAll('\n', ' ')}`);
  }
}

await attempt('accounts', async () => {
  const body = { Accounts: [user, 'ts_2'] };
  same(coded(await client.POST('/v4/im_open_login_svc/multiaccount_import', { params, body })).FailAccounts, []);
  const check = { CheckItem: [{ UserID: user }, { UserID: 'ts_nobody' }] };
  const checked = coded(await client.POST('/v4/im_open_login_svc/account_check', { params, body: check }));
  same(checked.ResultItem?.map((item) => item.AccountStatus), ['Imported', 'NotImported']);
});
await attempt('a chat group', async () => {
  const body = { Type: 'Public', Name: 'Team', GroupId: '@TGS#1TS000001' } as const;
  same(coded(await client.POST('/v4/group_open_http_svc/create_group', { params, body })).GroupId, '@TGS#1TS000001');
});
await attempt('create_contact_group', async () => {
  const body = { From_Account: user, GroupContactItem: [{ GroupName: 'work', ContactItem: [peer, chatGroup] }] };
  const made = coded(await client.POST('/v4/recentcontact/create_contact_group', { params, body }));
  same(made.GroupResultItem?.[0]?.GroupItem, { GroupName: 'work', GroupId: 1 });
  same(made.GroupResultItem?.[0]?.ResultItem.map((item) => item.ResultCode), [0, 0]);
});
await attempt('update_contact_group', async () => {
  const rename: components['schemas']['UpdateContactGroupRequest'] = {
    From_Account: user,
    UpdateType: 1,
    UpdateGroup: { UpdateGroupType: 1, OldGroupName: 'work', NewGroupName: 'projects' },
  };
  const renamed = coded(await client.POST('/v4/recentcontact/update_contact_group', { params, body: rename }));
  same(renamed.UpdateGroupResult?.GroupName, 'projects');
  same(renamed.UpdateGroupResult?.ContactResultItem, []);
  const members: components['schemas']['UpdateContactGroupRequest'] = {
    From_Account: user,
    UpdateType: 1,
    UpdateGroup: {
      UpdateGroupType: 2,
      OldGroupName: 'projects',
      ContactUpdateItem: [{ ContactOptType: 2, ContactItem: chatGroup }],
    },
  };
  const changed = coded(await client.POST('/v4/recentcontact/update_contact_group', { params, body: members }));
  same(changed.UpdateGroupResult?.ContactResultItem.map((item) => item.ResultCode), [0]);
});
await attempt('mark_contact', async () => {
  const change: components['schemas']['MarkChange'] = { OptType: 3, ContactItem: peer, SetMark: [0, 4, 63], CustomMark: 'abcd' };
  const body = { From_Account: user, MarkItem: [change] };
  const marked = coded(await client.POST('/v4/recentcontact/mark_contact', { params, body }));
  same(marked.ResultItem?.map((item) => item.ResultCode), [0]);
});
await attempt('search_contact_group and get_contact_group', async () => {
  const search = { From_Account: user, ContactItem: [peer, chatGroup] };
  const found = coded(await client.POST('/v4/recentcontact/search_contact_group', { params, body: search }));
  same(found.ContactResultItem?.map((record) => [record.StandardMark, record.CustomMark, record.ContactGroupId]), [
    ['1' + '0'.repeat(58) + '10001', 'abcd', [1]],
  ]);
  const get = { From_Account: user, StartIndex: 0 };
  const page = coded(await client.POST('/v4/recentcontact/get_contact_group', { params, body: get }));
  same([page.CompleteFlag, page.NextStartIndex, page.GroupItem], [1, 0, [{ GroupName: 'projects', GroupId: 1 }]]);
});
await attempt('del_contact_group, twice', async () => {
  const body = { From_Account: user, GroupName: ['projects'] };
  const gone = coded(await client.POST('/v4/recentcontact/del_contact_group', { params, body }));
  same(gone.GroupItem, [{ GroupName: 'projects', GroupId: 1 }]);
  coded(await client.POST('/v4/recentcontact/del_contact_group', { params, body }), 51009);
});
console.log('done');
