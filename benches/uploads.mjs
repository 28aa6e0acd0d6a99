#!/usr/bin/env node
// Uploads beside nginx (dav PUT, then a sync of the file) and @tus/server (@tus/file-store, then
// a sync): how long, how much memory, how long after the last byte.
// One command: benches/uploads.mjs [rounds; 0 leaves them out] [GiB of the large one; 0 leaves it out]
// It needs room for the large file and some 10 GiB more.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";

import { begin, curl, patch, startKadrWithToken } from "./sending.mjs";
import { build, folder, freePort, machine, median, need, residentMb, start, startNginx, stop, table, verdict } from "./support.mjs";

const OVER_NGINX = 1.15;
const OVER_TUS = 0.8;
const MANY = 100;
const MANY_BYTES = 50_000_000;
const MANY_MB = 120;
const LARGE_GROWTH_MB = 16;
const ANSWER_MS = 50;
const ANSWERS = 7;
const SMALL = 1_000_000;
const GIB = 2 ** 30;

const rounds = Number(process.argv[2] ?? 5);
const largeGib = Number(process.argv[3] ?? 20);

need("nginx", "curl");
build();
machine();

const place = folder("uploads");
const free = statfsSync(place).bavail * statfsSync(place).bsize;
if (free < (largeGib + 10) * GIB) throw new Error(`${place} has room for ${(free / GIB).toFixed(1)} GiB only`);

if (rounds > 0) await oneGib();
await manyAtOnce();
if (largeGib > 0) await oneLarge();

/** 1 GiB in one request, by the same curl, by turns. */
async function oneGib() {
  const source = join(place, "1g.bin");
  write(source, GIB);
  const ours = await startKadrWithToken();
  const { server: nginx, files } = await davNginx();
  const peer = await tusServer();
  const measured = { kadr: [], nginx: [], tus: [] };
  const rows = [["1 GiB in one request, s", "kadr", "nginx + sync", "@tus/server + sync"]];
  for (let round = 0; round <= rounds; round += 1) {
    mark(source, round);
    const took = { kadr: await toKadr(ours, source), nginx: toNginx(nginx, files, source), tus: await toTus(peer, source) };
    // The first one warms up.
    if (round === 0) continue;
    for (const name of Object.keys(took)) measured[name].push(took[name]);
    rows.push([`round ${round}`, ...Object.values(took).map((seconds) => seconds.toFixed(2))]);
  }
  const middle = Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, median(all)]));
  rows.push(["median", ...Object.values(middle).map((seconds) => seconds.toFixed(2))]);
  table(rows);
  await Promise.all([stop(ours), stop(nginx), stop(peer)]);
  rmSync(source);
  const [nginxRatio, tusRatio] = [middle.kadr / middle.nginx, middle.kadr / middle.tus];
  verdict(`1 GiB in ${nginxRatio.toFixed(2)} × nginx with a sync, promised ≤ ${OVER_NGINX}`, nginxRatio <= OVER_NGINX);
  verdict(`1 GiB in ${tusRatio.toFixed(2)} × @tus/server with a sync, promised ≤ ${OVER_TUS}`, tusRatio <= OVER_TUS);
}

/** Many files at once: how much memory that takes. */
async function manyAtOnce() {
  const ours = await startKadrWithToken();
  // Different bytes for each, without a file for each.
  const body = randomBytes(MANY_BYTES);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(ours.child.pid));
  }, 100);
  const began = process.hrtime.bigint();
  const sent = await Promise.allSettled(
    Array.from({ length: MANY }, async (_, at) => {
      const { path } = await begin(ours, MANY_BYTES);
      const mark = Buffer.alloc(16);
      mark.writeUInt32LE(at + 1);
      return send(ours, path, [mark, body.subarray(16)], MANY_BYTES);
    }),
  );
  clearInterval(watch);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const failed = sent.filter(({ status }) => status === "rejected");
  await stop(ours);
  for (const { reason } of failed.slice(0, 3)) console.log(reason);
  console.log(`\n${MANY} × ${MANY_BYTES / 1e6} MB at once: ${seconds.toFixed(1)} s, ${((MANY * MANY_BYTES) / 1e6 / seconds).toFixed(0)} MB/s`);
  verdict(`${most.toFixed(0)} MB resident, ${failed.length} failed; promised ≤ ${MANY_MB} and none`, most <= MANY_MB && failed.length === 0);
}

/** A large file beside small ones: memory, and how long after the last byte the answer comes. */
async function oneLarge() {
  const ours = await startKadrWithToken();
  const sync = syncOf16Mib();
  const piece = randomBytes(16 * 2 ** 20);
  // The first one opens files and connections, here and there.
  const small = (await answersTo(ANSWERS + 1, async () => send(ours, (await begin(ours, SMALL)).path, [randomBytes(SMALL)], SMALL))).slice(1);
  const peer = (await answersTo(ANSWERS + 1, nginxTakes(await davNginx()))).slice(1);
  const before = residentMb(ours.child.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(ours.child.pid));
  }, 200);
  const bytes = largeGib * GIB;
  const large = await send(ours, (await begin(ours, bytes)).path, repeated(piece, bytes), bytes);
  clearInterval(watch);
  await stop(ours);
  const allowed = ANSWER_MS + sync;
  const middle = median(small);
  table([
    ["last byte → answer", "ms", "allowed"],
    [`1 MB, median of ${ANSWERS}`, middle.toFixed(0), allowed.toFixed(0)],
    [`1 MB, slowest of ${ANSWERS}`, Math.max(...small).toFixed(0), ""],
    [`1 MB by nginx, and a sync of it, median of ${ANSWERS}`, median(peer).toFixed(0), ""],
    [`${largeGib} GiB`, large.answerMs.toFixed(0), allowed.toFixed(0)],
  ]);
  verdict(`the last answer comes within ${ANSWER_MS} ms and a sync of 16 MiB (${sync.toFixed(0)} ms)`, middle <= allowed && large.answerMs <= allowed);
  verdict(`${largeGib} GiB grow memory by ${(most - before).toFixed(0)} MB, promised ≤ ${LARGE_GROWTH_MB}`, most - before <= LARGE_GROWTH_MB);
}

/** How long after the last byte each answer came. */
async function answersTo(times, ask) {
  const took = [];
  for (let time = 0; time < times; time += 1) took.push((await ask()).answerMs);
  return took;
}

/** The same with nginx, which answers before anything is durable: so a sync belongs to it. */
function nginxTakes({ server, files }) {
  let number = 0;
  return async () => {
    number += 1;
    const name = `small-${number}.bin`;
    const { answerMs } = await send(server, `/${name}`, [randomBytes(SMALL)], SMALL, "PUT");
    return { answerMs: answerMs + 1000 * sync(join(files, name)) };
  };
}

async function davNginx() {
  const files = folder("dav");
  writeFileSync(join(files, "index.html"), "");
  const nginx = await startNginx(files, "client_max_body_size 0; location / { dav_methods PUT; } ");
  return { server: { ...nginx, headers: {} }, files };
}

/** @tus/server with its file store, in a process of its own. */
async function tusServer() {
  const home = folder("tus");
  execFileSync("npm", ["install", "--prefix", home, "--no-fund", "--no-audit", "--loglevel=error", "@tus/server@2.4.5", "@tus/file-store@2.1.1"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const port = await freePort();
  const program = join(home, "server.mjs");
  writeFileSync(
    program,
    `import { createServer } from "node:http";
     import { FileStore } from "@tus/file-store";
     import { Server } from "@tus/server";
     const tus = new Server({ path: "/files", datastore: new FileStore({ directory: ${JSON.stringify(join(home, "files"))} }) });
     createServer((request, answer) => (request.url === "/" ? answer.end() : tus.handle(request, answer))).listen(${port}, "127.0.0.1");`,
  );
  const server = await start(process.execPath, [program], port, "/");
  return { ...server, files: join(home, "files"), headers: { "tus-resumable": "1.0.0" } };
}

async function toKadr(server, source) {
  const { path } = await begin(server, GIB);
  return curl(source, `${server.url}${path}`, patch(server), "204");
}

async function toTus(server, source) {
  const { path } = await begin(server, GIB, "/files");
  const took = curl(source, `${server.url}${path}`, patch(server), "204");
  const file = join(server.files, path.split("/").at(-1));
  const synced = took + sync(file);
  rmSync(file);
  return synced;
}

function toNginx(server, files, source) {
  const took = curl(source, `${server.url}/1g.bin`, [], "20[14]");
  const file = join(files, "1g.bin");
  const synced = took + sync(file);
  rmSync(file);
  return synced;
}

function sync(file) {
  const began = process.hrtime.bigint();
  execFileSync("sync", [file]);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

/** Sends pieces in one request; answers how long after the last one the answer came. */
async function send(server, path, pieces, bytes, method = "PATCH") {
  const { hostname, port } = new URL(server.url);
  const asked = request({
    hostname,
    port,
    path,
    method,
    agent: new Agent(),
    headers: { ...server.headers, "content-type": "application/offset+octet-stream", "upload-offset": "0", "content-length": bytes },
  });
  const answered = once(asked, "response");
  answered.catch(() => {});
  for (const piece of pieces) {
    if (!asked.write(piece)) await Promise.race([once(asked, "drain"), answered.then(() => Promise.reject(new Error("it answered before the end")))]);
  }
  await new Promise((done) => asked.end(done));
  const last = process.hrtime.bigint();
  const [answer] = await answered;
  const answerMs = Number(process.hrtime.bigint() - last) / 1e6;
  answer.resume();
  if (answer.statusCode !== 204 && answer.statusCode !== 201) throw new Error(`${path} answered ${answer.statusCode}`);
  return { answerMs };
}

function* repeated(piece, bytes) {
  // Each of them is another one, for whatever looks for equal blocks.
  for (let sent = 0; sent < bytes; sent += piece.length) {
    const next = Buffer.from(piece.subarray(0, Math.min(piece.length, bytes - sent)));
    next.writeDoubleLE(sent + 1, 0);
    yield next;
  }
}

/** Makes it another file than before, or Kadr would know it and drop the second one. */
function mark(path, number) {
  const file = openSync(path, "r+");
  const mark = Buffer.alloc(16);
  mark.writeUInt32LE(number + 1);
  writeSync(file, mark, 0, mark.length, 0);
  fdatasyncSync(file);
  closeSync(file);
}

function write(path, bytes) {
  const file = openSync(path, "w");
  const piece = randomBytes(16 * 2 ** 20);
  for (const next of repeated(piece, bytes)) writeSync(file, next);
  fdatasyncSync(file);
  closeSync(file);
}

function syncOf16Mib() {
  const piece = randomBytes(16 * 2 ** 20);
  const took = Array.from({ length: 7 }, () => {
    const file = openSync(join(place, "sync.bin"), "w");
    writeSync(file, piece);
    const began = process.hrtime.bigint();
    fdatasyncSync(file);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    closeSync(file);
    return ms;
  });
  return median(took);
}
