// One event connection for all tabs of a browser, whoever of them closes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, type Page, test as base } from "../fixtures/index.ts";

/** A real Redis: through it the test speaks as another process of the house would. */
class Redis {
  readonly url: string;
  readonly #port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#port = port;
    this.#child = child;
  }

  static async start(): Promise<Redis> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    probe.close();
    if (address === null || typeof address === "string") throw new Error("the system gave no port");
    const own = ["--port", `${address.port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()];
    const redis = new Redis(address.port, spawn("redis-server", own, { stdio: "ignore" }));
    await expect.poll(() => redis.ask("PING").catch(String)).toBe("+PONG");
    return redis;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  /** One command, and the first line of its answer. */
  async ask(...words: string[]): Promise<string> {
    const socket = connect(this.#port, "127.0.0.1");
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return answer.toString().split("\r\n")[0] ?? "";
  }

  /** A job moved, says another process. */
  async moved(id: string, progress: number): Promise<void> {
    const event = { type: "job", id, state: "running", progress };
    const heard = await this.ask("PUBLISH", "kadr:0:events", JSON.stringify({ origin: 1, events: [event] }));
    expect(heard, "nobody listens to Redis").toBe(":1");
  }
}

const test = base.extend<object, { redis: Redis }>({
  redis: [
    async ({}, use) => {
      const redis = await Redis.start();
      await use(redis);
      await redis.stop();
    },
    { scope: "worker" },
  ],
  settings: [async ({ redis }, use) => use({ REDIS_URL: redis.url }), { scope: "worker" }],
});

/** Where the module is: the build knows its hash. */
async function live(): Promise<string> {
  const site = process.env.KADR_E2E_SITE ?? resolve(import.meta.dirname, "../../target/site");
  const names = JSON.parse(await readFile(join(site, "manifest.json"), "utf8")) as Record<string, string>;
  return `/pkg/${names["live.js"]}`;
}

// Ids are 22 characters of base58, and not above the largest number they stand for.
let next = 0;
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
function anId(): string {
  const seed = (Date.now() % 1e9) * 1000 + (next += 1);
  let [digits, rest] = ["", seed];
  while (rest > 0) {
    digits = alphabet[rest % 58] + digits;
    rest = Math.floor(rest / 58);
  }
  return digits.padStart(22, "1");
}

interface Heard {
  type: string;
  id?: string;
  progress?: number;
}

declare global {
  interface Window {
    heard: Heard[];
  }
}

/** A tab with a <kadr-live> on it that keeps what it hears. */
async function follow(page: Page, jobs: string[]): Promise<void> {
  await page.goto("/search");
  await page.evaluate(
    async ([module, jobs]) => {
      window.heard = [];
      document.body.addEventListener("kadr:event", (event) => window.heard.push((event as CustomEvent<Heard>).detail));
      await import(module);
      const element = document.createElement("kadr-live");
      element.setAttribute("jobs", jobs);
      document.body.append(element);
    },
    [await live(), jobs.join(",")] as const,
  );
}

const heard = (page: Page) => page.evaluate(() => window.heard);

const forget = (page: Page) => page.evaluate(() => void (window.heard = []));

// A tab that is closed from outside has no time to say so: without locks the others find out
// when they look, every few seconds.
const snapshot = (page: Page) =>
  expect.poll(() => heard(page), { message: "a snapshot", timeout: 20_000 }).toContainEqual({ type: "snapshot", jobs: [] });

async function openStreams(page: Page): Promise<number> {
  const metrics = await (await page.request.get("/metrics")).text();
  return Number(/^kadr_event_streams (\d+)$/m.exec(metrics)?.[1]);
}

const oneStream = (page: Page, count = 1) => expect.poll(() => openStreams(page), { message: "open streams", timeout: 20_000 }).toBe(count);

// The gauge is the server's, which the tests of this file share.
test.describe.configure({ mode: "serial" });

for (const how of ["", "without locks, "]) {
  test(`${how}three tabs, one connection, all hear; the leader closes, and still one and all hear`, async ({ context, redis }) => {
    // As by plain http on any host but this one.
    if (how) await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
    const jobs = [anId(), anId(), anId()];
    const tabs = [await context.newPage(), await context.newPage(), await context.newPage()] as const;
    const [first, second, third] = tabs;
    for (const [n, tab] of tabs.entries()) {
      await follow(tab, [jobs[n]!]);
      await snapshot(tab);
    }
    await oneStream(first);

    for (const [n, job] of jobs.entries()) await redis.moved(job, (n + 1) / 10);
    for (const [n, tab] of tabs.entries()) {
      const moved = { type: "job", id: jobs[n], state: "running", progress: (n + 1) / 10 };
      await expect.poll(() => heard(tab)).toContainEqual(moved);
      const others = (await heard(tab)).filter(({ type, id }) => type === "job" && id !== jobs[n]);
      expect(others, "what others asked for").toEqual([]);
    }

    // The first one came first, so it leads.
    for (const tab of [second, third]) await forget(tab);
    await first.close();
    await snapshot(second);
    await snapshot(third);
    await oneStream(second);
    await redis.moved(jobs[1]!, 0.8);
    await redis.moved(jobs[2]!, 0.9);
    await expect.poll(() => heard(second)).toContainEqual({ type: "job", id: jobs[1], state: "running", progress: 0.8 });
    await expect.poll(() => heard(third)).toContainEqual({ type: "job", id: jobs[2], state: "running", progress: 0.9 });

    await forget(third);
    await second.close();
    // Locks are given in order; an election may have chosen the third before, and then nothing
    // begins anew. Either way it goes on hearing.
    if (!how) await snapshot(third);
    await oneStream(third);
    const last = { type: "job", id: jobs[2], state: "running", progress: 0.95 };
    const told = async () => {
      await redis.moved(jobs[2]!, 0.95);
      return heard(third);
    };
    await expect.poll(told, { timeout: 20_000 }).toContainEqual(last);
    await third.evaluate(() => document.querySelector("kadr-live")?.remove());
    await oneStream(third, 0);
  });
}

test("a page that is left and comes back goes on", async ({ page, redis }) => {
  const job = anId();
  await follow(page, [job]);
  await snapshot(page);
  await page.goto("/");
  await oneStream(page, 0);
  await page.goBack();
  // From the cache for going back, or loaded anew: then nothing follows anything.
  if (await page.evaluate(() => window.heard === undefined)) {
    await follow(page, [job]);
  }
  await snapshot(page);
  await oneStream(page);
  await redis.moved(job, 0.5);
  await expect.poll(() => heard(page)).toContainEqual({ type: "job", id: job, state: "running", progress: 0.5 });
});

test("offline and online again, it goes on by itself", async ({ page, context, redis, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED/);
  const job = anId();
  await follow(page, [job]);
  await snapshot(page);
  await context.setOffline(true);
  await sleep(300);
  await forget(page);
  await context.setOffline(false);
  await snapshot(page);
  await oneStream(page);
  await redis.moved(job, 0.5);
  await expect.poll(() => heard(page)).toContainEqual({ type: "job", id: job, state: "running", progress: 0.5 });
});
