#!/usr/bin/env node
// What the registration makes a browser load, as it comes over the wire (brotli).
// One command: benches/size.mjs [page]
import { brotliCompressSync, constants } from "node:zlib";
import { request } from "node:http";

import { build, startKadr, stop, table, verdict } from "./support.mjs";

const PROMISED = 150_000;
const page = process.argv[2] ?? "/register";

build();
const server = await startKadr();
const html = (await get(page)).body;
const open = new Set(addresses(html.toString()));
const seen = new Map();
// Scripts name further files: the glue, the wasm.
for (const address of open) {
  const answer = await get(address, "br");
  if (answer.status !== 200) throw new Error(`${address} answers ${answer.status}`);
  const plain = await get(address);
  seen.set(address, { wire: answer.body.length, raw: plain.body.length, kind: kind(address) });
  if (address.endsWith(".js")) {
    for (const [, name] of plain.body.toString().matchAll(/["'`]\.\/([\w.-]+\.[0-9a-f]{8}\.(?:js|wasm))["'`]/g)) {
      open.add(new URL(name, `http://x${address}`).pathname);
    }
  }
}
await stop(server);

const rows = [["file", "bytes", "on the wire"]];
for (const [address, { raw, wire }] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) rows.push([address, raw, wire]);
const program = sum("program");
rows.push(["wasm and scripts", "", program], ["style", "", sum("style")]);
rows.push([`${page} itself`, html.length, brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length]);
table(rows);
verdict(`wasm and scripts of ${page}: ${program} bytes, promised ≤ ${PROMISED}`, program <= PROMISED);

function addresses(text) {
  return [...text.matchAll(/(?:src|href)="(\/pkg\/[^"]+\.(?:js|wasm|css))"/g)].map(([, address]) => address);
}

function kind(address) {
  return address.endsWith(".css") ? "style" : "program";
}

function sum(wanted) {
  return [...seen.values()].filter(({ kind: is }) => is === wanted).reduce((total, { wire }) => total + wire, 0);
}

// fetch() would unpack what we want to weigh.
function get(path, encoding = "identity") {
  return new Promise((done, failed) => {
    request(`${server.url}${path}`, { headers: { "accept-encoding": encoding } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => done({ status: answer.statusCode, body: Buffer.concat(parts) }));
    })
      .on("error", failed)
      .end();
  });
}
