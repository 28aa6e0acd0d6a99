// The parts of the shell's script that need no page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isChanged } from "./forms.js";
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

test("a form is changed when a control is not as the server sent it", () => {
  const form = (...elements) => ({ elements });
  assert.equal(isChanged(form({ type: "text", value: "a", defaultValue: "a" })), false);
  assert.equal(isChanged(form({ type: "textarea", value: "b", defaultValue: "a" })), true);
  assert.equal(isChanged(form({ type: "checkbox", checked: true, defaultChecked: false })), true);
  assert.equal(isChanged(form({ type: "hidden", value: "b", defaultValue: "a" }, { type: "submit", value: "x" })), false);
  assert.equal(isChanged(form({ type: "select-one", options: [{ selected: true, defaultSelected: true }] })), false);
});
