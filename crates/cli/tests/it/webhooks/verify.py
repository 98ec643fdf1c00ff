"""Whether a request is one that a receiver takes which uses the library `standardwebhooks`.

FILE SECRET: the request as JSON, its headers and its body as text. The same with another byte must be refused.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
body, headers = request["body"].encode(), request["headers"]
webhook = Webhook(sys.argv[2])
event = webhook.verify(body, headers)
try:
    webhook.verify(body.replace(b"user.changed", b"user.chanqed"), headers)
except WebhookVerificationError:
    print(event["type"])
