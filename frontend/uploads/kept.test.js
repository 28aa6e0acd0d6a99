import assert from "node:assert/strict";
import { test } from "node:test";

import { Kept } from "./kept.js";

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

const upload = (flow, expires_at) => ({ flow, video: `v${flow}`, name: `${flow}.mp4`, expires_at });

test("what ran out is told, once", () => {
  const kept = new Kept(storage(), "ada");
  assert.deepEqual(kept.compare([upload("a", 1000), upload("b", 2000), upload("c", 1000)], 0), []);
  // One that goes on has more time; one that is gone before its time was finished or given up.
  assert.deepEqual(kept.compare([upload("c", 5000)], 1500), [{ flow: "a", video: "va", name: "a.mp4", expires: 1000 }]);
  assert.deepEqual(kept.compare([upload("c", 5000)], 3000), []);
  kept.forget("c");
  assert.deepEqual(kept.compare([], 9000), []);
});

test("neither another person nor a long time ago matters, nor a browser that keeps nothing", () => {
  const shared = storage();
  new Kept(shared, "ada").compare([upload("a", 1000)], 0);
  assert.deepEqual(new Kept(shared, "bob").compare([], 2000), []);
  assert.deepEqual(new Kept(shared, "ada").compare([], 1000 + 8 * 24 * 3600 * 1000), []);
  assert.deepEqual(new Kept(undefined, "ada").compare([upload("a", 1)], 0), []);
});
