// tus-js-client under node, in somebody's name, against a `kadr` of the test's own.
import { createHash, randomBytes } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "@playwright/test";
import { Upload, type UploadOptions } from "tus-js-client";

import { person } from "../fixtures/people.ts";
import type { Server } from "../fixtures/server.ts";

export interface Account {
  server: Server;
  token: string;
}

export async function account(server: Server): Promise<Account> {
  const who = await person(server);
  const answer = await fetch(`${server.url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: who.nick, password: who.password }),
  });
  expect(answer.status).toBe(200);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { server, token };
}

/** A client with its default options, but for what is given. */
export function client(who: Account, file: UploadSource, options: UploadOptions = {}): { upload: Upload; done: Promise<void> } {
  let settle = { resolve: () => {}, reject: (_: Error) => {} };
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Who looks at it later is not too late.
  done.catch(() => {});
  const upload = new Upload(file as never, {
    endpoint: `${who.server.url}/uploads`,
    metadata: { filename: "film.mp4", filetype: "video/mp4" },
    ...options,
    headers: { authorization: `Bearer ${who.token}`, ...options.headers },
    onSuccess: () => settle.resolve(),
    onError: (error) => settle.reject(error),
  });
  return { upload, done };
}

export type UploadSource = Buffer | NodeJS.ReadableStream;

/** A file nobody has. */
export const film = (bytes: number): Buffer => randomBytes(bytes);

export async function head(who: Account, url: string): Promise<Response> {
  return fetch(url, { method: "HEAD", headers: { "tus-resumable": "1.0.0", authorization: `Bearer ${who.token}` } });
}

export async function offset(who: Account, url: string): Promise<number> {
  const answer = await head(who, url);
  expect(answer.status).toBe(200);
  return Number(answer.headers.get("upload-offset"));
}

/** Waits until an original with exactly these bytes lies in the data folder. */
export async function expectStored(server: Server, file: Buffer): Promise<void> {
  const wanted = createHash("sha256").update(file).digest("hex");
  await expect(async () => {
    const sums: string[] = [];
    for (const path of await files(join(server.data, "media/originals"))) {
      if ((await stat(path)).size === file.length) {
        sums.push(createHash("sha256").update(await readFile(path)).digest("hex"));
      }
    }
    expect(sums).toContain(wanted);
  }).toPass({ timeout: 30_000 });
}

async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
