// The walk over islands, on a tree of plain objects: only `localName`, `dataset` and
// `children` are asked of a node.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { wake } from "./islands.js";

const element = (localName, children = [], more = {}) => ({ localName, children, dataset: {}, ...more });
const island = (component, ...children) => element("leptos-island", children, { dataset: { component } });

test("islands start from the outside in, one after the other", async () => {
  const log = [];
  const glue = {
    outer: async () => {
      await new Promise((done) => setTimeout(done, 5));
      log.push("outer");
    },
    inner: () => log.push("inner"),
    next: () => log.push("next"),
  };
  await wake(element("body", [island("outer", element("div", [island("inner")])), island("next")]), glue);
  assert.deepEqual(log, ["outer", "inner", "next"]);
});

test("an island inside children starts in the owner of the island around it", async () => {
  const log = [];
  const enter = (name) => ({ $$on_hydrate: () => log.push(`enter ${name}`) });
  const tree = element("body", [
    island("a", element("leptos-children", [island("b", element("leptos-children", [island("c")], enter("b"))), island("d")], enter("a"))),
    island("e"),
  ]);
  const glue = Object.fromEntries([..."abcde"].map((name) => [name, () => log.push(name)]));
  await wake(tree, glue);
  assert.deepEqual(log, ["a", "enter a", "b", "enter b", "c", "enter a", "d", "e"]);
});

test("an island that this build does not know is passed over, what is inside still starts", async () => {
  const warn = mock.method(console, "warn", () => {});
  const started = mock.fn();
  await wake(element("body", [island("unknown", island("known"))]), { known: started });
  assert.equal(started.mock.callCount(), 1);
  assert.match(warn.mock.calls[0].arguments[0], /unknown/);
  warn.mock.restore();
});

test("what an island adds while it starts is walked too, what it removes is not", async () => {
  const log = [];
  const late = island("late");
  const gone = island("gone");
  const parent = island("parent", gone);
  await wake(element("body", [parent]), {
    parent: (node) => {
      node.children.splice(0, 1, late);
    },
    late: () => log.push("late"),
    gone: () => log.push("gone"),
  });
  assert.deepEqual(log, ["late"]);
});
