// What the benches share: programs started on free ports, tables, the middle of many.
// Each bench is one command, measures a release build, and names a peer of the same run.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createServer } from "node:net";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const root = resolve(import.meta.dirname, "..");
export const kadr = join(root, "target/release/kadr");
export const site = join(root, "target/site");

const scratch = mkdtempSync(join(tmpdir(), "kadr-bench-"));
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** Builds what is measured, as ./run does. */
export function build() {
  execFileSync(join(root, "run"), ["--build-only"], { stdio: ["ignore", "inherit", "inherit"] });
}

/** Installs programs that only benches need, each by the name of its package (`cjpeg=libjpeg-turbo-progs`) if that is another. */
export function need(...programs) {
  const script = `. "${root}/xtask/setup.sh"; for one in "$@"; do have "\${one%%=*}" || install_packages "\${one%%=*}" "\${one#*=}"; done`;
  execFileSync("bash", ["-euc", script, "need", ...programs], { stdio: ["ignore", "inherit", "inherit"] });
}

export function folder(name) {
  return mkdtempSync(join(scratch, `${name}-`));
}

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/**
 * Starts a program and waits until `path` answers 200.
 * @returns its process, address and how many milliseconds it took
 */
export async function start(program, args, port, path, env = {}) {
  const began = process.hrtime.bigint();
  const child = spawn(program, args, { env: { ...withoutOurs(), ...env }, stdio: ["ignore", "ignore", "pipe"] });
  running.add(child);
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log = (log + text).slice(-4000);
  });
  child.on("error", (error) => {
    log += error.message;
  });
  while (!(await answers(port, path))) {
    const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
    if (child.exitCode !== null || tookMs > 30_000) {
      throw new Error(`${program} did not start:\n${log}`);
    }
    await sleep(1);
  }
  const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
  return { child, url: `http://127.0.0.1:${port}`, tookMs };
}

export async function stop({ child }) {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
  running.delete(child);
}

export async function startKadr(env = {}) {
  const port = await freePort();
  return start(kadr, ["serve"], port, "/readyz", {
    KADR_ADDR: `127.0.0.1:${port}`,
    KADR_DATA: folder("data"),
    KADR_SITE: site,
    // As `./run` starts it.
    MALLOC_ARENA_MAX: "1",
    ...env,
  });
}

/** nginx with what it needs to serve a folder, its own defaults otherwise; `more` goes to the server. */
export async function startNginx(files, more = "") {
  const { writeFileSync } = await import("node:fs");
  const port = await freePort();
  const place = folder("nginx");
  const config = join(place, "nginx.conf");
  const user = process.getuid() === 0 ? "user root;" : "";
  writeFileSync(
    config,
    `daemon off; ${user} worker_processes auto; pid ${place}/pid; error_log ${place}/error.log;
     events { worker_connections 1024; }
     http {
       types { text/html html; } default_type application/octet-stream; charset utf-8;
       access_log ${place}/access.log; sendfile on; keepalive_requests 1000000;
       client_body_temp_path ${place}/a; proxy_temp_path ${place}/b; fastcgi_temp_path ${place}/c;
       uwsgi_temp_path ${place}/d; scgi_temp_path ${place}/e;
       server { listen 127.0.0.1:${port} backlog=1024; root ${files}; ${more} }
     }`,
  );
  return start("nginx", ["-p", place, "-c", config, "-e", `${place}/error.log`], port, "/");
}

/** Resident memory of a process and its children, in MB. */
export function residentMb(pid) {
  const status = (id) => {
    try {
      return readFileSync(`/proc/${id}/status`, "utf8");
    } catch {
      return "";
    }
  };
  if (!existsSync("/proc/self/status")) {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;
  }
  const family = readdirSync("/proc").filter(
    (id) => id === String(pid) || new RegExp(`^PPid:\\s+${pid}$`, "m").test(status(id)),
  );
  return family.reduce((sum, id) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(status(id))?.[1] ?? 0) / 1024, 0);
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Prints rows of cells, the first one as the head; numbers stand to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    console.log(row.map((cell, column) => (column ? String(cell).padStart(widths[column]) : String(cell).padEnd(widths[column]))).join("  "));
  }
}

/** The last line of a bench: what was promised and whether it holds; the exit code says it too. */
export function verdict(text, holds) {
  console.log(`\n${holds ? "holds" : "MISSED"}: ${text}`);
  if (!holds) process.exitCode = 1;
}

export function machine() {
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}\n`);
}

function answers(port, path) {
  return new Promise((done) => {
    const asked = request({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.on("error", () => done(false));
    asked.end();
  });
}

function withoutOurs() {
  const ours = /^(KADR_|DATABASE_URL$|REDIS_URL$|SMTP_URL$|RUST_LOG$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
