// The official Node SDK against the running server. Environment: API_URL, API_KEY; WEBHOOK_BODY, WEBHOOK_SIGNATURE and
// WEBHOOK_SECRET of a delivery; ANSWERS, a file that gets a line of JSON (status, headers, body) for each answer; STRIPE,
// the folder in which the package is installed.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const { API_URL, API_KEY, ANSWERS, STRIPE } = process.env;
const Stripe = createRequire(`${STRIPE}/`)("stripe");

async function recordingFetch(url, options) {
  const response = await fetch(url, options);
  const body = await response.clone().text();
  const headers = Object.fromEntries(response.headers);
  appendFileSync(ANSWERS, JSON.stringify({ status: response.status, headers, body }) + "\n");
  return response;
}

const { hostname, port } = new URL(API_URL);
const stripe = new Stripe(API_KEY, {
  host: hostname,
  port,
  protocol: "http",
  maxNetworkRetries: 0,
  telemetry: false,
  httpClient: Stripe.createFetchHttpClient(recordingFetch),
});
const PAID = { amount: 1000, currency: "usd", payment_method: "pm_card_visa", confirm: true };

test("create, then confirm", async () => {
  const created = await stripe.paymentIntents.create({ amount: 1000, currency: "usd", metadata: { order: "7" } });
  const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: "pm_card_visa" });

  assert.equal(created.status, "requires_payment_method");
  assert.deepEqual([paid.status, paid.amount_received, paid.metadata.order], ["succeeded", 1000, "7"]);
});

test("a decline is a card error with the intent inside", async () => {
  const declined = stripe.paymentIntents.create({ ...PAID, payment_method: "pm_card_chargeDeclined" });

  await assert.rejects(declined, (error) => {
    assert.ok(error instanceof Stripe.errors.StripeCardError);
    assert.deepEqual([error.statusCode, error.code], [402, "card_declined"]);
    assert.equal(error.decline_code, "generic_decline");
    assert.equal(error.payment_intent.status, "requires_payment_method");
    assert.match(error.requestId, /^req_/);
    return true;
  });
});

test("3D Secure asks for the customer", async () => {
  const asked = await stripe.paymentIntents.create({
    ...PAID,
    payment_method: "pm_card_threeDSecure2Required",
    return_url: "https://shop.example.com/done",
  });

  assert.equal(asked.status, "requires_action");
  assert.equal(asked.next_action.redirect_to_url.return_url, "https://shop.example.com/done");
  assert.match(asked.next_action.redirect_to_url.url, /^http.*\/3ds\//);
});

test("an authorization is captured in part", async () => {
  const held = await stripe.paymentIntents.create({ ...PAID, capture_method: "manual" });
  const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 400 });

  assert.deepEqual([held.status, held.amount_capturable], ["requires_capture", 1000]);
  assert.deepEqual([captured.status, captured.amount_received], ["succeeded", 400]);
});

test("an authorization is canceled", async () => {
  const held = await stripe.paymentIntents.create({ ...PAID, capture_method: "manual" });
  const canceled = await stripe.paymentIntents.cancel(held.id, { cancellation_reason: "abandoned" });

  assert.deepEqual([canceled.status, canceled.cancellation_reason], ["canceled", "abandoned"]);
});

test("refunds, in parts and never beyond", async () => {
  const paid = await stripe.paymentIntents.create(PAID);
  const part = await stripe.refunds.create({ payment_intent: paid.id, amount: 400 });

  assert.deepEqual([part.status, part.amount], ["succeeded", 400]);
  await assert.rejects(stripe.refunds.create({ payment_intent: paid.id, amount: 601 }), {
    type: "StripeInvalidRequestError",
    code: "refund_exceeds_captured",
  });
});

test("lists are paged automatically", async () => {
  const made = [];
  for (let number = 0; number < 5; number++) {
    made.push((await stripe.customers.create({ name: `Customer ${number}` })).id);
  }

  const listed = [];
  for await (const customer of stripe.customers.list({ limit: 2 })) listed.push(customer.id);

  assert.deepEqual(listed.slice(0, 5), made.reverse());
});

test("expand on an object and on a list", async () => {
  const customer = await stripe.customers.create({ name: "Ada" });
  const paid = await stripe.paymentIntents.create({
    ...PAID,
    customer: customer.id,
    expand: ["latest_charge.balance_transaction"],
  });
  const listed = await stripe.paymentIntents.list({ customer: customer.id, expand: ["data.customer"] });

  assert.equal(paid.latest_charge.balance_transaction.net, 941);
  assert.deepEqual(listed.data.map((row) => row.customer.name), ["Ada"]);
});

test("the same key is answered again; another request under it is refused", async () => {
  const first = await stripe.paymentIntents.create(PAID, { idempotencyKey: "node-7" });
  const again = await stripe.paymentIntents.create(PAID, { idempotencyKey: "node-7" });

  assert.deepEqual(again, first);
  assert.equal(again.lastResponse.headers.get("idempotent-replayed"), "true");
  await assert.rejects(stripe.paymentIntents.create({ ...PAID, amount: 999 }, { idempotencyKey: "node-7" }), {
    type: "StripeIdempotencyError",
    statusCode: 400,
  });
});

test("refusals are the SDK's own errors", async () => {
  await assert.rejects(stripe.customers.retrieve("cus_nobody"), { code: "resource_missing", statusCode: 404 });
  await assert.rejects(stripe.customers.create({ nmae: "Ada" }), { code: "parameter_unknown", param: "nmae" });
  const stranger = new Stripe("sk_test_" + "a".repeat(43), { host: hostname, port, protocol: "http" });
  await assert.rejects(stranger.customers.list(), { type: "StripeAuthenticationError", code: "api_key_invalid" });
});

test("a webhook verifies, a forged one does not", () => {
  const { WEBHOOK_BODY, WEBHOOK_SIGNATURE, WEBHOOK_SECRET } = process.env;

  const event = stripe.webhooks.constructEvent(WEBHOOK_BODY, WEBHOOK_SIGNATURE, WEBHOOK_SECRET);

  assert.deepEqual([event.type, event.data.object.name], ["customer.created", "Grace"]);
  assert.throws(
    () => stripe.webhooks.constructEvent(WEBHOOK_BODY.replace("Grace", "Mallory"), WEBHOOK_SIGNATURE, WEBHOOK_SECRET),
    { type: "StripeSignatureVerificationError" },
  );
});
