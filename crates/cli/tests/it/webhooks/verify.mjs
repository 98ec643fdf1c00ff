// The same as verify.py, with the library for Node.js.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// From the folder where it is run, not from the one where this file is.
const { Webhook, WebhookVerificationError } = createRequire(process.cwd() + "/")("standardwebhooks");
const { body, headers } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const webhook = new Webhook(process.argv[3]);
const event = webhook.verify(body, headers);
try {
  webhook.verify(body.replace("user.changed", "user.chanqed"), headers);
} catch (error) {
  if (error instanceof WebhookVerificationError) console.log(event.type);
}
