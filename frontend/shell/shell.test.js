// The parts of the shell's script that need no page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { next } from "./menus.js";
import { frameColour } from "./theme.js";
import { patience } from "./toasts.js";

test("arrows walk around, other keys do nothing", () => {
  assert.equal(next("ArrowDown", -1, 3), 0);
  assert.equal(next("ArrowDown", 2, 3), 0);
  assert.equal(next("ArrowUp", 0, 3), 2);
  assert.equal(next("ArrowUp", -1, 3), 2);
  assert.equal(next("ArrowUp", 2, 3), 1);
  assert.equal(next("Home", 2, 3), 0);
  assert.equal(next("End", 0, 3), 2);
  assert.equal(next("a", 0, 3), undefined);
});

test("the frame of the browser follows the theme, and the device when the theme does", () => {
  const colours = { light: "white", dark: "black" };
  assert.equal(frameColour("auto", "(prefers-color-scheme: dark)", colours), "black");
  assert.equal(frameColour("auto", "(prefers-color-scheme: light)", colours), "white");
  assert.equal(frameColour("dark", "(prefers-color-scheme: light)", colours), "black");
  assert.equal(frameColour("light", "(prefers-color-scheme: dark)", colours), "white");
});

test("a longer sentence stays longer", () => {
  assert.ok(patience("") >= 5000);
  assert.ok(patience("a long sentence") > patience("short"));
});
