// One connection for all tabs: who leads, what is asked for, who hears what.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Tabs } from "./tabs.js";
import { addresses, topics } from "./topics.js";
import { World } from "./world.js";

const job = (id, more = {}) => ({ type: "job", id, state: "running", progress: 0.5, ...more });

/** A tab that remembers what it heard. */
function open(world, options) {
  const env = world.tab(options);
  const tabs = new Tabs(env);
  const heard = [];
  const follow = (asked) => tabs.follow(asked, (event) => heard.push(event));
  return { env, tabs, heard, follow };
}

test("no connection before somebody follows something, none after", async () => {
  const world = new World();
  const tab = open(world);
  await world.pass(1000);
  assert.equal(world.opened, 0);
  tab.follow({})();
  tab.follow({ videos: ["", " "] })();
  await world.pass(1000);
  assert.equal(world.opened, 0);

  const stop = tab.follow({ videos: ["v1"], jobs: ["j1"] });
  await world.pass(200);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1&jobs=j1"]);
  stop();
  stop();
  await world.pass(200);
  assert.equal(world.sources.length, 0);
  assert.equal(world.timers.size, 0);
  assert.equal(world.channels.size, 0);
  assert.equal(world.holder, null);
});

test("three tabs, one connection for what all of them want, each hears its own", async () => {
  const world = new World();
  const [a, b, c] = [open(world), open(world), open(world)];
  a.follow({ videos: ["v1"] });
  b.follow({ videos: ["v2"], jobs: ["j9"] });
  c.follow({ jobs: ["j1"] });
  await world.pass(200);
  assert.equal(world.sources.length, 1);
  const [source] = world.sources;
  assert.equal(source.address, "/events?videos=v1,v2&jobs=j1,j9");
  assert.equal([a, b, c].filter(({ tabs }) => tabs.leads).length, 1);

  source.say("snapshot", { jobs: [{ id: "j1", video: "v1" }, { id: "j2", video: "v2" }, { id: "j9" }] });
  source.say("message", job("j1", { video: "v1" }));
  source.say("message", job("j2", { video: "v2" }));
  source.say("message", { type: "notice", user: "u", code: "hello" });
  await world.pass(10);
  const ids = ({ heard }) => heard.map((event) => (event.type === "snapshot" ? event.jobs.map((one) => one.id) : (event.id ?? event.code)));
  assert.deepEqual(ids(a), [["j1"], "j1", "hello"]);
  assert.deepEqual(ids(b), [["j2", "j9"], "j2", "hello"]);
  assert.deepEqual(ids(c), [["j1"], "j1", "hello"]);
});

test("when the leader closes, the next one goes on at once for all who are left", async () => {
  const world = new World();
  const all = [open(world), open(world), open(world)];
  all.forEach((tab, n) => tab.follow({ videos: [`v${n}`] }));
  await world.pass(200);
  const leader = all.find(({ tabs }) => tabs.leads);
  await leader.env.fire("pagehide");
  await world.pass(100);
  assert.equal(world.sources.length, 1);
  const left = all.filter((tab) => tab !== leader);
  assert.equal(left.filter(({ tabs }) => tabs.leads).length, 1);
  const wanted = left.map((tab) => `v${all.indexOf(tab)}`);
  assert.equal(world.sources[0].address, `/events?videos=${wanted.join(",")}`);
  world.sources[0].say("snapshot", { jobs: wanted.map((video) => ({ id: `j-${video}`, video })) });
  await world.pass(10);
  for (const [n, tab] of left.entries()) {
    assert.deepEqual(tab.heard.at(-1).jobs.map((one) => one.video), [wanted[n]]);
  }
});

test("a leader that crashes says nothing, and is replaced all the same", async () => {
  const world = new World();
  const [a, b] = [open(world), open(world)];
  a.follow({ videos: ["v1"] });
  await world.pass(200);
  b.follow({ videos: ["v2"] });
  await world.pass(200);
  assert.ok(a.tabs.leads);
  world.sources.forEach((source) => source.close());
  await a.env.crash();
  await world.pass(200);
  assert.ok(b.tabs.leads);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v2"]);
});

test("what a crashed tab wanted is forgotten", async () => {
  const world = new World();
  const [a, b] = [open(world), open(world)];
  const stop = a.follow({ videos: ["v1"] });
  b.follow({ videos: ["v2"] });
  await world.pass(200);
  assert.ok(a.tabs.leads);
  await b.env.crash();
  await world.pass(130_000);
  a.follow({ videos: ["v3"] });
  await world.pass(200);
  assert.equal(world.sources[0].address, "/events?videos=v1,v3");
  stop();
});

test("a new listener gets a snapshot, also for what is heard already; who leaves disturbs nobody", async () => {
  const world = new World();
  const [a, b] = [open(world), open(world)];
  a.follow({ videos: ["v1", "v2"] });
  await world.pass(200);
  assert.equal(world.opened, 1);
  const stop = b.follow({ videos: ["v1"] });
  await world.pass(200);
  assert.equal(world.opened, 2, "opened anew for its snapshot");
  assert.equal(world.sources.length, 1);
  stop();
  await world.pass(200);
  assert.equal(world.opened, 2);
  assert.equal(world.sources.length, 1);
});

test("many asks at once are one connection", async () => {
  const world = new World();
  const tab = open(world);
  for (let n = 0; n < 50; n += 1) tab.follow({ videos: [`v${n}`] });
  await world.pass(200);
  assert.equal(world.opened, 1);
});

test("one's own uploads come on any stream, and only to who follows them", async () => {
  const world = new World();
  const [own, other] = [open(world), open(world)];
  const stop = own.follow({ mine: true });
  await world.pass(200);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events"]);
  other.follow({ videos: ["v9"] });
  await world.pass(200);
  const [source] = world.sources;
  assert.equal(source.address, "/events?videos=v9");

  own.heard.length = 0;
  const upload = { flow: "f1", user: "u", status: "uploading", offset: 5, receiving: true, name: "a.mp4" };
  source.say("snapshot", { jobs: [], uploads: [upload] });
  source.say("message", { type: "upload", ...upload });
  source.say("message", { type: "video", id: "v1", owner: "u", status: "processing", playable: false });
  source.say("message", { type: "video", id: "v9", owner: "u", status: "processing", playable: false });
  source.say("message", { type: "progress", id: "v1", owner: "u", stage: "encoding", progress: 0.5, renditions: [] });
  await world.pass(10);
  assert.deepEqual(own.heard[0], { type: "snapshot", jobs: [], uploads: [upload] });
  assert.deepEqual(own.heard.slice(1).map(({ type, id, flow }) => [type, id ?? flow]), [["upload", "f1"], ["video", "v1"], ["video", "v9"], ["progress", "v1"]]);
  assert.deepEqual(other.heard, [{ type: "snapshot", jobs: [] }, { type: "video", id: "v9", owner: "u", status: "processing", playable: false }]);
  stop();
  await world.pass(200);
  assert.equal(world.sources.length, 1, "the other one goes on");
});

test("more ids than one stream takes become another stream", async () => {
  const many = Array.from({ length: 150 }, (_, n) => `v${n}`);
  const parts = addresses(topics({ videos: many, jobs: ["j"] }));
  assert.equal(parts.length, 2);
  assert.deepEqual(parts.map((part) => part.split(/[=,&]/).filter((id) => /^v\d/.test(id)).length), [100, 50]);
  const world = new World();
  open(world).follow({ videos: many });
  await world.pass(200);
  assert.equal(world.sources.length, 2);
});

for (const [what, options] of [
  ["channels", { channels: false }],
  ["locks and channels", { locks: false, channels: false }],
]) {
  test(`without ${what} every tab has its own connection`, async () => {
    const world = new World();
    const [a, b] = [open(world, options), open(world, options)];
    a.follow({ videos: ["v1"] });
    const stop = b.follow({ videos: ["v2"] });
    await world.pass(200);
    assert.deepEqual(world.sources.map((source) => source.address).sort(), ["/events?videos=v1", "/events?videos=v2"]);
    world.sources.find((source) => source.address.endsWith("v1")).say("message", job("j", { video: "v1" }));
    await world.pass(10);
    assert.equal(a.heard.length, 1);
    assert.equal(b.heard.length, 0);
    stop();
    await world.pass(200);
    assert.equal(world.sources.length, 1);
  });
}

// By plain http a browser gives no locks; some privacy modes forbid them.
for (const [what, locks] of [
  ["no locks", false],
  ["forbidden locks", "forbidden"],
]) {
  const options = { locks };

  test(`with ${what} the tabs elect one of them, and each hears its own`, async () => {
    const world = new World();
    const all = [open(world, options), open(world, options), open(world, options)];
    all.forEach((tab, n) => tab.follow({ videos: [`v${n}`] }));
    await world.pass(2000);
    assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v0,v1,v2"]);
    assert.deepEqual(all.map(({ tabs }) => tabs.leads), [true, false, false], "the lowest id");
    world.sources[0].say("message", job("j", { video: "v1" }));
    await world.pass(10);
    assert.deepEqual(all.map(({ heard }) => heard.length), [0, 1, 0]);

    // One that comes later finds the leader, whatever its id.
    const late = open(world, options);
    late.follow({ videos: ["v1"] });
    for (let n = 0; n < 40; n += 1) {
      await world.pass(15_000);
      assert.equal(all.concat(late).filter(({ tabs }) => tabs.leads).length, 1);
      assert.equal(world.sources.length, 1);
      world.sources[0].say("beat");
    }
    assert.equal(world.opened, 2, "once more for the snapshot of the late one");
  });

  test(`with ${what} a leader that closes is followed within a second`, async () => {
    const world = new World();
    const [a, b, c] = [open(world, options), open(world, options), open(world, options)];
    [a, b, c].forEach((tab, n) => tab.follow({ videos: [`v${n}`] }));
    await world.pass(2000);
    await a.env.fire("pagehide");
    assert.equal(world.sources.length, 0);
    await world.pass(1000);
    assert.deepEqual([b, c].map(({ tabs }) => tabs.leads), [true, false]);
    assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1,v2"]);
  });

  test(`with ${what} a leader that crashes is followed within ten seconds`, async () => {
    const world = new World();
    const [a, b, c] = [open(world, options), open(world, options), open(world, options)];
    [a, b, c].forEach((tab, n) => tab.follow({ videos: [`v${n}`] }));
    await world.pass(2000);
    world.sources.forEach((source) => source.close());
    await a.env.crash();
    await world.pass(10_000);
    assert.equal([b, c].filter(({ tabs }) => tabs.leads).length, 1);
    assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1,v2"]);
  });
}

test("of two that lead at once, without locks, the first stays and the other one follows it", async () => {
  const world = new World();
  const options = { locks: false };
  const [a, b] = [open(world, options), open(world, options)];
  // Neither hears the other while both settle it.
  world.deaf = true;
  a.follow({ videos: ["v1"] });
  b.follow({ videos: ["v2"] });
  await world.pass(2000);
  assert.deepEqual([a, b].map(({ tabs }) => tabs.leads), [true, true]);
  assert.equal(world.sources.length, 2);
  world.deaf = false;
  // A third one asks, and both answer.
  const c = open(world, options);
  c.follow({ videos: ["v3"] });
  await world.pass(2000);
  assert.deepEqual([a, b, c].map(({ tabs }) => tabs.leads), [true, false, false]);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1,v2,v3"]);
  world.sources[0].say("message", job("j", { video: "v2" }));
  await world.pass(10);
  assert.deepEqual([a, b, c].map(({ heard }) => heard.length), [0, 1, 0]);
});

test("without locks nothing is left behind", async () => {
  const world = new World();
  const [a, b] = [open(world, { locks: false }), open(world, { locks: false })];
  const stops = [a.follow({ videos: ["v1"] }), b.follow({ videos: ["v2"] })];
  await world.pass(2000);
  for (const stop of stops) stop();
  await world.pass(200);
  assert.equal(world.sources.length, 0);
  assert.equal(world.timers.size, 0);
  assert.equal(world.channels.size, 0);
});

test("a page in the cache for going back holds nothing, and goes on when it is shown again", async () => {
  const world = new World();
  const tab = open(world);
  tab.follow({ videos: ["v1"] });
  await world.pass(200);
  await tab.env.fire("pagehide");
  assert.equal(world.sources.length, 0);
  assert.equal(world.channels.size, 0);
  assert.equal(world.holder, null);
  assert.equal(world.timers.size, 0);
  tab.follow({ videos: ["v2"] });
  await world.pass(200);
  assert.equal(world.sources.length, 0);
  await tab.env.fire("pageshow");
  await world.pass(200);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1,v2"]);
});

test("a lost connection comes back, later each time, and at once when somebody looks", async () => {
  const world = new World();
  const tab = open(world);
  tab.follow({ videos: ["v1"] });
  await world.pass(200);
  const pauses = [];
  for (let n = 0; n < 9; n += 1) {
    const lost = world.now;
    world.sources[0].say("error");
    assert.equal(world.sources.length, 0);
    while (world.sources.length === 0) await world.pass(50);
    pauses.push(world.now - lost);
  }
  for (const [n, pause] of pauses.entries()) {
    const longest = Math.min(60_000, 1000 * 2 ** n);
    assert.ok(pause >= longest / 2 && pause <= longest + 50, `${n}: ${pause}`);
  }
  world.sources[0].say("error");
  await tab.env.fire("visible");
  assert.equal(world.sources.length, 1);
  // Once it works, all is forgiven.
  world.sources[0].say("snapshot", { jobs: [] });
  world.sources[0].say("error");
  await world.pass(1050);
  assert.equal(world.sources.length, 1);
});

test("a connection that died without a word is noticed; beats keep it", async () => {
  const world = new World();
  open(world).follow({ videos: ["v1"] });
  await world.pass(200);
  for (let n = 0; n < 20; n += 1) {
    await world.pass(15_000);
    world.sources[0].say("beat");
  }
  assert.equal(world.opened, 1);
  await world.pass(42_000);
  assert.equal(world.opened, 2);
  assert.equal(world.sources.length, 1);
});

test("asked to make room it stays away, whatever happens, then comes back", async () => {
  const world = new World();
  const tab = open(world);
  tab.follow({ videos: ["v1"] });
  await world.pass(200);
  world.sources[0].say("bye");
  await tab.env.fire("visible");
  await tab.env.fire("online");
  tab.follow({ videos: ["v2"] });
  await world.pass(50_000);
  assert.equal(world.sources.length, 0);
  await world.pass(75_000);
  assert.deepEqual(world.sources.map((source) => source.address), ["/events?videos=v1,v2"]);
});

test("offline nothing is tried; online it goes on at once", async () => {
  const world = new World();
  const tab = open(world);
  tab.follow({ videos: ["v1"] });
  await world.pass(200);
  world.connected = false;
  await tab.env.fire("offline");
  assert.equal(world.sources.length, 0);
  await world.pass(600_000);
  assert.equal(world.opened, 1);
  world.connected = true;
  await tab.env.fire("online");
  assert.equal(world.sources.length, 1);
});

test("what an old connection still says is not heard, nor what is no JSON", async () => {
  const world = new World();
  const tab = open(world);
  tab.follow({ videos: ["v1"] });
  await world.pass(200);
  const [old] = world.sources;
  tab.follow({ videos: ["v2"] });
  await world.pass(200);
  old.say("message", job("j", { video: "v1" }));
  world.sources[0].say("message", "{");
  await world.pass(10);
  assert.deepEqual(tab.heard, []);
});

test("one listener's fault is not the next one's", async () => {
  const world = new World();
  const tab = open(world);
  tab.tabs.follow({ jobs: ["j"] }, () => {
    throw new Error("mine");
  });
  tab.follow({ jobs: ["j"] });
  await world.pass(200);
  world.sources[0].say("message", job("j"));
  await world.pass(10);
  assert.equal(tab.heard.length, 1);
  assert.match(String(tab.env.faults[0]), /mine/);
});
