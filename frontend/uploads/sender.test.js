// One file on its way through everything that can happen to it, over a server that keeps its
// word: what it has acknowledged it never loses.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Sender } from "./sender.js";
import { Fault, Tus } from "./tus.js";

const MIB = 1024 * 1024;

function random(seed) {
  let at = seed;
  return () => (at = (at * 16807) % 2147483647) / 2147483647;
}

/** A file of bytes that differ. */
function file(size, name = "film.mp4") {
  const bytes = new Uint8Array(size);
  for (let n = 0; n < size; n += 1) bytes[n] = (n * 31 + (n >> 8)) & 255;
  return Object.assign(new Blob([bytes]), { name, bytes });
}

function joined(first, second) {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

const offline = () => new Fault("unreachable");
const refusal = (status, code, more = {}) => ({ status, code, headers: more });

/** A server in a few lines. `trouble(method, address)` may answer instead of it, or throw. */
class Server {
  uploads = new Map();
  requests = [];
  trouble = () => undefined;
  /** How much of a request that breaks off is kept. */
  kept = () => 0;

  wire = async ({ method, address, headers, body, signal }) => {
    this.requests.push(method);
    await Promise.resolve();
    signal?.throwIfAborted();
    const trouble = this.trouble(method, address);
    if (trouble instanceof Fault) {
      // Broken off in the middle.
      const upload = this.uploads.get(address.split("/").pop());
      if (method === "PATCH" && upload && Number(headers["Upload-Offset"]) === upload.bytes.length) {
        const bytes = new Uint8Array(await body.arrayBuffer());
        upload.bytes = joined(upload.bytes, bytes.slice(0, this.kept(bytes.length)));
      }
      throw trouble;
    }
    const { status, code, headers: out = {}, then } = trouble ?? (await this.answer(method, address, headers, body));
    if (then) throw then;
    return { status, code, header: (name) => (out[name] === undefined ? null : String(out[name])) };
  };

  async answer(method, address, headers, body) {
    const flow = address.split("/").pop();
    const upload = this.uploads.get(flow);
    if (method === "POST") {
      const id = `f${this.uploads.size + 1}`;
      this.uploads.set(id, { bytes: new Uint8Array(), length: Number(headers["Upload-Length"]), metadata: headers["Upload-Metadata"] });
      return { status: 201, headers: { Location: `/uploads/${id}`, "Upload-Offset": 0, "Kadr-Video": `v${id}` } };
    }
    if (!upload) return refusal(404, undefined);
    const stands = { "Upload-Offset": upload.bytes.length };
    if (method === "HEAD") return { status: 200, headers: stands };
    if (method === "DELETE") {
      this.uploads.delete(flow);
      return { status: 204 };
    }
    if (upload.bytes.length === upload.length) return refusal(403, "upload_finished");
    if (Number(headers["Upload-Offset"]) !== upload.bytes.length) return refusal(409, "upload_offset", stands);
    upload.bytes = joined(upload.bytes, new Uint8Array(await body.arrayBuffer()));
    return { status: 204, headers: { "Upload-Offset": upload.bytes.length } };
  }
}

function world(server, more = {}) {
  const rests = [];
  return {
    rests,
    tus: new Tus(server.wire, "/uploads"),
    look: async () => ({}),
    find: async () => undefined,
    readable: async () => true,
    online: () => true,
    now: () => performance.now(),
    random: () => 0.5,
    rest: async (ms) => void rests.push(ms),
    ...more,
  };
}

function sender(world, what, states = []) {
  const metadata = () => ({ filename: what.file.name, fingerprint: "print" });
  return new Sender(world, { metadata, ...what }, ({ state, code }) => {
    const said = code ? `${state}: ${code}` : state;
    if (states.at(-1) !== said) states.push(said);
  });
}

const whole = (server, flow, source) => assert.ok(Buffer.from(server.uploads.get(flow).bytes).equals(Buffer.from(source.bytes)), "the same bytes");

test("a file goes through in several requests", async () => {
  const server = new Server();
  const source = file(3 * MIB + 7);
  const states = [];
  const sending = sender(world(server), { file: source }, states);
  await sending.go();
  assert.deepEqual(states, ["looking", "sending", "done"]);
  assert.equal(sending.acknowledged, source.size);
  assert.equal(sending.video, "vf1");
  assert.ok(server.requests.filter((method) => method === "PATCH").length >= 2);
  whole(server, "f1", source);
  assert.match(server.uploads.get("f1").metadata, /^filename ZmlsbS5tcDQ=,fingerprint /);
});

test("whatever breaks, it arrives whole, and what was acknowledged is not sent again", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const chance = random(seed * 7919);
    const server = new Server();
    const source = file(1 + Math.floor(chance() * 6 * MIB));
    server.kept = (bytes) => Math.floor(chance() * bytes);
    server.trouble = (method) => {
      const dice = chance();
      if (dice < 0.25) return offline();
      if (dice < 0.32) return refusal(503, undefined);
      if (dice < 0.38) return refusal(423, "upload_busy", { "Retry-After": 1 });
      if (dice < 0.42) return refusal(507, "upload_no_room", { "Retry-After": 30 });
      if (dice < 0.45) return refusal(429, "too_many_requests", { "Retry-After": 2 });
      return undefined;
    };
    // An upload whose beginning was lost on the way back is found again.
    const find = async () => {
      const [flow] = server.uploads.keys();
      return flow && { flow, video: `v${flow}`, offset: 0 };
    };
    const sending = sender(world(server, { find }), { file: source });
    await sending.go();
    assert.equal(sending.state, "done", `seed ${seed}: ${sending.code}`);
    assert.equal(server.uploads.size, 1, "one upload");
    whole(server, sending.flow, source);
    assert.equal(sending.acknowledged, source.size);
  }
});

test("an answer that gets lost does not begin it twice", async () => {
  const server = new Server();
  const source = file(1000);
  let lost = false;
  const answer = server.answer.bind(server);
  server.answer = async (method, ...rest) => {
    const given = await answer(method, ...rest);
    if (method === "POST" && !lost) {
      lost = true;
      return { then: offline() };
    }
    return given;
  };
  const find = async (fingerprint) => {
    assert.equal(fingerprint, "print");
    return { flow: "f1", video: "vf1", offset: 0 };
  };
  const sending = sender(world(server, { find }), { file: source });
  await sending.go();
  assert.equal(sending.state, "done");
  assert.equal(server.uploads.size, 1);
  whole(server, "f1", source);
});

test("the answer to the last byte gets lost", async () => {
  const server = new Server();
  const source = file(1000);
  let lost = false;
  const answer = server.answer.bind(server);
  server.answer = async (method, ...rest) => {
    const given = await answer(method, ...rest);
    if (method === "PATCH" && !lost) {
      lost = true;
      return { then: offline() };
    }
    return given;
  };
  const sending = sender(world(server), { file: source });
  await sending.go();
  assert.equal(sending.state, "done");
  assert.deepEqual(server.requests, ["POST", "PATCH", "HEAD"]);
});

test("it goes on from where the server is", async () => {
  const server = new Server();
  const source = file(2 * MIB);
  server.uploads.set("f7", { bytes: source.bytes.slice(0, MIB), length: source.size });
  const sending = sender(world(server), { file: source, flow: "f7", video: "v7", offset: 10 });
  await sending.go();
  assert.equal(sending.state, "done");
  assert.equal(server.requests[0], "HEAD");
  whole(server, "f7", source);
});

test("a pause breaks off, and what is there stays", async () => {
  const server = new Server();
  const source = file(4 * MIB);
  const states = [];
  const sending = sender(world(server), { file: source }, states);
  let patches = 0;
  server.trouble = (method) => {
    if (method === "PATCH" && (patches += 1) === 2) sending.pause();
    return undefined;
  };
  await sending.go();
  assert.equal(sending.state, "paused");
  sending.resume();
  assert.equal(sending.state, "queued");
  await sending.go();
  assert.equal(sending.state, "done");
  whole(server, "f1", source);
});

test("who is refused for good says why, once", async () => {
  for (const [status, code] of [
    [413, "upload_too_large"],
    [413, "upload_quota"],
    [415, "upload_not_media"],
    [401, "not_logged_in"],
    [400, "upload_metadata"],
  ]) {
    const server = new Server();
    server.trouble = () => refusal(status, code);
    const sending = sender(world(server), { file: file(10) });
    await sending.go();
    assert.equal(`${sending.state} ${sending.code}`, `failed ${code}`);
    assert.deepEqual(server.requests, ["POST"]);
  }
});

test("an upload that is gone says so, and begins anew when told to", async () => {
  const server = new Server();
  const source = file(100);
  const sending = sender(world(server), { file: source, flow: "old", video: "v", offset: 50 });
  await sending.go();
  assert.equal(`${sending.state} ${sending.code}`, "failed upload_unknown");
  assert.deepEqual(server.requests, ["HEAD"]);
  sending.resume();
  await sending.go();
  assert.equal(sending.state, "done");
  assert.equal(sending.flow, "f1");
});

test("a file that is no longer there is not the network", async () => {
  const server = new Server();
  server.trouble = (method) => (method === "PATCH" ? offline() : undefined);
  const sending = sender(world(server, { readable: async () => false }), { file: file(100) });
  await sending.go();
  assert.equal(`${sending.state} ${sending.code}`, "failed file_unreadable");
});

test("pauses grow while nothing goes through", async () => {
  const server = new Server();
  let left = 12;
  server.trouble = (method) => (method === "PATCH" && (left -= 1) > 0 ? offline() : undefined);
  const around = world(server);
  const sending = sender(around, { file: file(100) });
  await sending.go();
  assert.equal(sending.state, "done");
  assert.ok(around.rests.at(-1) > 20_000, `${around.rests}`);
  assert.ok(around.rests.every((ms, at) => at === 0 || ms >= around.rests[at - 1]), `${around.rests}`);
});

test("bytes that are there already are a question, and then cost no second sending", async () => {
  const server = new Server();
  const known = { video: "v0", title: "Again" };
  const look = async () => ({ hash: "ab".repeat(32), known });
  const states = [];
  const sending = sender(world(server, { look }), { file: file(100) }, states);
  await sending.go();
  assert.equal(sending.state, "twice");
  assert.equal(sending.known, known);
  assert.deepEqual(server.requests, []);
  server.trouble = (method) =>
    method === "POST" ? { status: 201, headers: { Location: "/uploads/f5", "Upload-Offset": 100, "Kadr-Video": "v5", "Kadr-Duplicate-Of": "v0" } } : undefined;
  sending.keepBoth();
  await sending.go();
  assert.equal(sending.state, "done");
  assert.deepEqual(server.requests, ["POST"]);
});

test("what is removed is removed on the server, once nobody else holds it", async () => {
  const server = new Server();
  const sending = sender(world(server), { file: file(4 * MIB) });
  let asked = 0;
  server.trouble = (method) => {
    if (method === "PATCH" && server.uploads.get("f1").bytes.length > 0) sending.pause();
    if (method === "DELETE" && (asked += 1) < 3) return refusal(423, "upload_busy", { "Retry-After": 1 });
    return undefined;
  };
  await sending.go();
  assert.equal(sending.state, "paused");
  await sending.remove();
  assert.equal(sending.state, "removed");
  assert.equal(server.uploads.size, 0);
});

test("what was cancelled while it began is not left behind", async () => {
  const server = new Server();
  const find = async () => ({ flow: "f1", video: "vf1", offset: 0 });
  const sending = sender(world(server, { find }), { file: file(100) });
  const answer = server.answer.bind(server);
  let removing;
  server.answer = async (method, ...rest) => {
    const given = await answer(method, ...rest);
    if (method === "POST") {
      removing = sending.remove();
      return { then: new DOMException("given up", "AbortError") };
    }
    return given;
  };
  await sending.go();
  await removing;
  assert.equal(sending.state, "removed");
  assert.deepEqual(server.requests, ["POST", "DELETE"]);
  assert.equal(server.uploads.size, 0);
});

test("what somebody else sends is watched, and gone on with when they fall silent", async () => {
  const server = new Server();
  const source = file(3 * MIB);
  const upload = { bytes: source.bytes.slice(0, 1000), length: source.size };
  server.uploads.set("f7", upload);
  let left = 3;
  const around = world(server, {
    rest: async () => {
      // Meanwhile the other one goes on, three times.
      if ((left -= 1) >= 0) upload.bytes = source.bytes.slice(0, upload.bytes.length + 100_000);
    },
  });
  const states = [];
  const sending = sender(around, { file: source, flow: "f7", video: "v7", others: true }, states);
  await sending.go();
  assert.deepEqual(states, ["sending", "resting: elsewhere", "sending", "done"]);
  assert.ok(!server.requests.slice(0, 5).includes("PATCH"), `${server.requests}`);
  whole(server, "f7", source);
});

test("two that send one upload: one of them gives way, and both end well", async () => {
  const server = new Server();
  const source = file(4 * MIB);
  const upload = { bytes: new Uint8Array(), length: source.size };
  server.uploads.set("f7", upload);
  const busy = () => refusal(423, "upload_busy", { "Retry-After": 1 });
  let patches = 0;
  server.trouble = (method) => {
    if (method !== "PATCH" || upload.bytes.length > 2 * MIB) return undefined;
    patches += 1;
    // The other one was first.
    upload.bytes = source.bytes.slice(0, upload.bytes.length + 500_000);
    return busy();
  };
  const states = [];
  const around = world(server, { rest: async () => {} });
  const sending = sender(around, { file: source, flow: "f7", video: "v7" }, states);
  await sending.go();
  assert.equal(sending.state, "done");
  assert.ok(states.includes("resting: elsewhere"), `${states}`);
  assert.ok(patches <= 6, "it does not go on hammering");
  whole(server, "f7", source);
});

test("without the list nothing begins that was begun before", async () => {
  const server = new Server();
  const source = file(1000);
  server.uploads.set("f1", { bytes: source.bytes.slice(0, 400), length: source.size });
  let asked = 0;
  const find = async () => {
    if ((asked += 1) < 3) throw offline();
    return { flow: "f1", video: "vf1", offset: 400 };
  };
  const sending = sender(world(server, { find, isListed: () => false }), { file: source });
  await sending.go();
  assert.equal(sending.state, "done");
  assert.deepEqual(server.requests, ["PATCH"], "nothing new, and only the rest of it");
  whole(server, "f1", source);
});

test("cancelled too late, it is a video: who asked is told", async () => {
  const server = new Server();
  const done = refusal(403, "upload_finished");
  server.trouble = (method) => (method === "DELETE" ? done : undefined);
  server.uploads.set("f7", { bytes: new Uint8Array(10), length: 10 });
  const sending = sender(world(server), { file: file(10), flow: "f7", video: "v7" });
  assert.equal(await sending.remove(), false);
  server.trouble = () => undefined;
  assert.equal(await sender(world(server), { file: file(10), flow: "f7", video: "v7" }).remove(), true);
});

test("why it rests is said as it is", async () => {
  for (const [trouble, code] of [
    [offline(), "unreachable"],
    [refusal(503, "upload_stopping"), "upload_stopping"],
    [refusal(502, undefined), "failed"],
    [refusal(408, "too_slow"), "too_slow"],
    [refusal(423, "upload_taken_over"), "upload_taken_over"],
  ]) {
    const server = new Server();
    let left = 1;
    server.trouble = (method) => (method === "PATCH" && (left -= 1) >= 0 ? trouble : undefined);
    const states = [];
    await sender(world(server), { file: file(10) }, states).go();
    assert.deepEqual(states, ["looking", "sending", `resting: ${code}`, "sending", "done"]);
  }
});
