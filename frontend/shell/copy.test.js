// A value is copied where that is possible, and where it is not, that is known.
import assert from "node:assert/strict";
import { test } from "node:test";

import { copy } from "./copy.js";

test("a value reaches the clipboard", async () => {
  const written = [];
  await copy("a1b2", { writeText: async (text) => written.push(text) });
  assert.deepEqual(written, ["a1b2"]);
});

test("without a clipboard, or without permission, it is refused and not thrown", async () => {
  const none = copy("a1b2", null);
  await assert.rejects(none, /no clipboard/);
  await assert.rejects(copy("a1b2", { writeText: () => Promise.reject(new Error("not allowed")) }), /not allowed/);
});
