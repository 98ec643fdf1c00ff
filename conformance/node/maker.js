// Makes the signatures of a plan by tls-sig-api-v2, and checks ours by its function for the HMAC.
const fs = require('fs');
const zlib = require('zlib');
const { Api } = require('tls-sig-api-v2');

const plan = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
for (const item of plan.items) {
  const api = new Api(item.app, item.key);
  const made = {
    none: () => api.genUserSig(item.identifier, item.expire),
    bytes: () => api.genSig(item.identifier, item.expire, Buffer.from('abc')),
    room: () => api.genPrivateMapKey(item.identifier, item.expire, 10000, 255),
    'room name': () => api.genPrivateMapKeyWithStringRoomID(item.identifier, item.expire, 'room-1', 42),
  }[item.buffer]();
  console.log('made ' + made);
}

const api = new Api(plan.app, plan.key);
for (const { identifier, signature } of plan.ours) {
  const packed = signature.replace(/\*/g, '+').replace(/-/g, '/').replace(/_/g, '=');
  const fields = JSON.parse(zlib.inflateSync(Buffer.from(packed, 'base64')).toString());
  const hmac = api._hmacsha256(identifier, fields['TLS.time'], fields['TLS.expire'], null);
  const good = hmac === fields['TLS.sig'] && fields['TLS.identifier'] === identifier
    && fields['TLS.sdkappid'] === plan.app && fields['TLS.ver'] === '2.0';
  console.log('checked ' + (good ? 'good' : identifier + ' ' + JSON.stringify(fields)));
}
