#!/usr/bin/env node
// From nothing to "ready" on an empty database, and the memory of an idle server; nginx beside it.
// One command: benches/start.mjs [starts]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { build, folder, machine, median, need, residentMb, startKadr, startNginx, stop, table, verdict } from "./support.mjs";

const READY_MS = 300;
const IDLE_MB = 40;
const IDLE_S = 10;
const starts = Number(process.argv[2] ?? 10);

need("nginx");
build();
machine();
const files = folder("files");
writeFileSync(join(files, "index.html"), "ready");
const peers = { kadr: startKadr, nginx: () => startNginx(files) };
const found = {};
for (const [name, begin] of Object.entries(peers)) {
  await stop(await begin());
  const times = [];
  for (let turn = 0; turn < starts; turn += 1) {
    const server = await begin();
    times.push(server.tookMs);
    await stop(server);
  }
  const idle = await begin();
  await sleep(IDLE_S * 1000);
  found[name] = { ready: median(times), worst: Math.max(...times), memory: residentMb(idle.child.pid) };
  await stop(idle);
}
table([
  ["", "ready, median ms", "worst ms", `resident MB after ${IDLE_S} s`],
  ...Object.entries(found).map(([name, { ready, worst, memory }]) => [name, ready.toFixed(0), worst.toFixed(0), memory.toFixed(1)]),
]);
const { ready, memory } = found.kadr;
verdict(
  `ready in ${ready.toFixed(0)} ms (${(ready / found.nginx.ready).toFixed(1)} × nginx), promised ≤ ${READY_MS}; ` +
    `idle with ${memory.toFixed(1)} MB (${(memory / found.nginx.memory).toFixed(1)} × nginx), promised ≤ ${IDLE_MB}`,
  ready <= READY_MS && memory <= IDLE_MB,
);
