"""Makes the signatures of a plan by tls-sig-api-v2, and checks ours by its own functions."""

import json
import sys
import zlib

import TLSSigAPIv2 as maker

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)

for item in plan["items"]:
    api = maker.TLSSigAPIv2(item["app"], item["key"])
    if item["buffer"] == "none":
        made = api.gen_sig(item["identifier"], item["expire"])
    else:
        made = api.gen_sig_with_userbuf(item["identifier"], item["expire"], item["buffer"].encode() + bytes(range(256)))
    print("made " + made)

api = maker.TLSSigAPIv2(plan["app"], plan["key"])
for ours in plan["ours"]:
    fields = json.loads(zlib.decompress(maker.base64_decode_url(ours["signature"].encode())))
    hmac = api._TLSSigAPIv2__hmacsha256(ours["identifier"], fields["TLS.time"], fields["TLS.expire"])
    good = (
        hmac.decode() == fields["TLS.sig"]
        and fields["TLS.identifier"] == ours["identifier"]
        and fields["TLS.sdkappid"] == plan["app"]
        and fields["TLS.ver"] == "2.0"
    )
    print("checked " + ("good" if good else json.dumps(fields)))
