// What is written while it uploads, over a network that takes its time.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Details } from "./details.js";

const { fetch } = globalThis;
afterEach(() => void (globalThis.fetch = fetch));

/** Fields, and what hears of them. */
function form() {
  const field = (name) => ({ name, value: "", closest: () => null, setAttribute() {}, removeAttribute() {} });
  const fields = ["title", "description"].map(field);
  const saved = { textContent: "" };
  const heard = {};
  const place = { querySelector: () => saved, querySelectorAll: () => fields, addEventListener: (name, act) => (heard[name] = act) };
  const words = { has: () => true, say: (key) => key };
  const details = new Details(place, words, {});
  details.belongsTo("v1");
  const write = (name, value) => {
    const target = fields.find((one) => one.name === name);
    target.value = value;
    heard.change({ target });
  };
  return { details, saved, write };
}

/** Requests, answered when a test says so. */
function wire() {
  const asked = [];
  globalThis.fetch = (address, { body, signal, keepalive }) =>
    new Promise((done, fail) => {
      const answer = (status, said) => done(new Response(JSON.stringify(said), { status }));
      signal.addEventListener("abort", () => fail(signal.reason));
      asked.push({ said: Object.fromEntries(body), keepalive, signal, answer });
    });
  return asked;
}

test("an edit counts as lost until the server has answered", async () => {
  const asked = wire();
  const { details, saved, write } = form();
  write("title", "The sea");
  await sleep(5);
  assert.equal(asked.length, 1);
  assert.deepEqual(asked[0].said, { video: "v1", edited: "title", title: "The sea" });
  assert.ok(asked[0].keepalive, "it arrives also when the page is closed");
  assert.ok(details.isDirty);
  assert.equal(saved.textContent, "unsaved");
  asked[0].answer(200, null);
  await sleep(5);
  assert.ok(!details.isDirty);
  assert.equal(saved.textContent, "saved");
});

test("who leaves while it is sent sends all of it once more", async () => {
  const asked = wire();
  const { details, write } = form();
  write("title", "The");
  await sleep(5);
  write("description", "A day");
  write("title", "The sea");
  details.save(true);
  await sleep(5);
  assert.equal(asked.length, 2);
  assert.ok(asked[0].signal.aborted);
  const { edited, ...said } = asked[1].said;
  assert.deepEqual(said, { video: "v1", title: "The sea", description: "A day" });
  assert.deepEqual(edited.split(",").sort(), ["description", "title"]);
  // The page was kept after all.
  asked[1].answer(200, null);
  await sleep(5);
  assert.ok(!details.isDirty);
});

test("what a text too long to outlive the page says is sent all the same", async () => {
  const asked = wire();
  const { write } = form();
  write("description", "ы".repeat(5000));
  await sleep(5);
  assert.equal(asked[0].said.description.length, 5000);
  asked[0].answer(404, { refused: { why: "unknown" } });
  await sleep(5);
});
