// The client most programs use, as it comes from npm. No browser is started here.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test as base } from "@playwright/test";
import type { HttpRequest, HttpResponse } from "tus-js-client";

import { Server } from "../fixtures/server.ts";
import { type Account, account, client, expectStored, film, head, offset } from "./client.ts";
import { Sleeper } from "./sleeper.ts";
import { FileUrlStorage } from "./storage.ts";

const ROUNDS = 30;
const MB = 1_000_000;

const test = base.extend<{ who: Account; folder: string }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start({});
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  who: async ({ server }, use) => {
    await use(await account(server));
  },
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "kadr-tus-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

test("default options", async ({ who }) => {
  const file = film(20 * MB);
  const { upload, done } = client(who, file);
  upload.start();
  await done;
  await expectStored(who.server, file);
  const answer = await head(who, upload.url ?? "");
  expect(answer.headers.get("upload-offset")).toBe(String(file.length));
  expect(answer.headers.get("kadr-video")).toMatch(/^\w{22}$/);
});

test("small chunks, first bytes with the creation, POST for everything", async ({ who }) => {
  const file = film(5 * MB);
  const { upload, done } = client(who, file, { chunkSize: MB, uploadDataDuringCreation: true, overridePatchMethod: true });
  upload.start();
  await done;
  await expectStored(who.server, file);
});

test("four parts at once become one file", async ({ who }) => {
  const file = film(12 * MB);
  const { upload, done } = client(who, file, { parallelUploads: 4 });
  upload.start();
  await done;
  await expectStored(who.server, file);
  const answer = await head(who, upload.url ?? "");
  expect(answer.headers.get("upload-concat")).toMatch(/^final;/);
  expect(answer.headers.get("upload-length")).toBe(String(file.length));
});

test("a length that is known at the end only", async ({ who }) => {
  const file = film(7 * MB);
  // A stream without a path: of a file, the client would look the size up.
  const stream = Readable.from(Array.from({ length: 70 }, (_, at) => file.subarray((at * MB) / 10, ((at + 1) * MB) / 10)), { objectMode: false });
  const { upload, done } = client(who, stream, { uploadLengthDeferred: true, chunkSize: 2 * MB });
  upload.start();
  await done;
  await expectStored(who.server, file);
});

test("goes on from a stored address, after the server was killed", async ({ who, folder }) => {
  const file = film(30 * MB);
  const options = () => ({
    urlStorage: new FileUrlStorage(join(folder, "urls.json")),
    fingerprint: async () => "the same file",
    chunkSize: 3 * MB,
    retryDelays: [],
  });
  const first = client(who, file, {
    ...options(),
    onChunkComplete: (_: number, accepted: number) => {
      if (accepted >= 9 * MB) void first.upload.abort();
    },
  });
  first.upload.start();
  await expect.poll(() => first.upload.url).toBeTruthy();
  const url = first.upload.url ?? "";
  await expect.poll(() => offset(who, url)).toBeGreaterThanOrEqual(9 * MB);
  await first.upload.abort();
  const before = await offset(who, url);
  await who.server.restart();

  let began = -1;
  const second = client(who, file, {
    ...options(),
    onAfterResponse: (request: HttpRequest, response: HttpResponse) => {
      if (request.getMethod() === "HEAD") began = Number(response.getHeader("Upload-Offset"));
    },
  });
  const [previous] = await second.upload.findPreviousUploads();
  expect(previous).toBeTruthy();
  if (previous) second.upload.resumeFromPreviousUpload(previous);
  second.upload.start();
  await second.done;
  expect(second.upload.url).toBe(url);
  expect(began).toBeGreaterThanOrEqual(before);
  await expectStored(who.server, file);
});

test("given up by its sender", async ({ who }) => {
  const file = film(8 * MB);
  const { upload } = client(who, file, {
    chunkSize: MB,
    // It gives up only what it was let stop: a finished upload is a video.
    onChunkComplete: () => void upload.abort(),
  });
  upload.start();
  await expect.poll(() => upload.url).toBeTruthy();
  const url = upload.url ?? "";
  await expect.poll(() => offset(who, url)).toBeGreaterThan(0);
  expect(await offset(who, url)).toBeLessThan(file.length);
  await upload.abort(true);
  expect((await head(who, url)).status).toBe(410);
});

test("a connection that goes to sleep", async ({ who }) => {
  test.setTimeout(3 * 60_000);
  // Longer than the server waits for the next byte, once.
  const proxy = await Sleeper.start(who.server.url, 5 * MB, 65_000);
  const file = film(20 * MB);
  const statuses: number[] = [];
  const { upload, done } = client({ ...who, server: { ...who.server, url: proxy.url } as Server }, file, {
    retryDelays: [500, 1000, 2000],
    onAfterResponse: (_: HttpRequest, response: HttpResponse) => void statuses.push(response.getStatus()),
  });
  upload.start();
  await done;
  expect(statuses).toContain(503);
  expect(proxy.slept).toBe(true);
  await expectStored(who.server, file);
  await proxy.stop();
});

test(`${ROUNDS} rounds of pulling the plug`, async ({ who }) => {
  test.setTimeout(10 * 60_000);
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = film(16 * MB);
    let acknowledged = 0;
    const sent = client(who, file, {
      retryDelays: [100, 200, 400, 800, 1600, 3000, 3000, 3000],
      onAfterResponse: (request: HttpRequest, response: HttpResponse) => {
        const stands = Number(response.getHeader("Upload-Offset") ?? Number.NaN);
        if (Number.isNaN(stands) || response.getStatus() >= 300) return;
        if (stands < acknowledged) throw new Error(`${request.getMethod()} went back from ${acknowledged} to ${stands}`);
        acknowledged = stands;
      },
    });
    sent.upload.start();
    await expect.poll(() => sent.upload.url, { intervals: [10] }).toBeTruthy();
    const url = sent.upload.url ?? "";
    await sleep(Math.random() * 150);
    if (round % 2 === 0) acknowledged = Math.max(acknowledged, await offset(who, url));
    await who.server.restart();
    await sent.done;
    expect(sent.upload.url, "it is the same upload to its end").toBe(url);
    await expectStored(who.server, file);
  }
});
