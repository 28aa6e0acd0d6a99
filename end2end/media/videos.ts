// Videos as a program sees them: sent, and asked after until they are what one waits for.
import { expect } from "@playwright/test";

import { type Account, account, client, head } from "../tus/client.ts";
import type { Server } from "../fixtures/server.ts";
import { type Clip, Clips, onItsClock } from "./clips.ts";

export { account, type Account } from "../tus/client.ts";

export interface View {
  id: string;
  status: "pending" | "processing" | "completed" | "failed";
  stage: string;
  playable: boolean;
  progress: number;
  error: string | null;
  warnings: string[];
  duration: number | null;
  renditions: { kind: "video" | "audio"; name: string; width?: number; height?: number; status: string; progress: number }[];
  hls_url: string | null;
  dash_url: string | null;
}

export interface Sent {
  who: Account;
  id: string;
}

export async function send(who: Account, bytes: Buffer, name: string, visibility = "public"): Promise<Sent> {
  const { upload, done } = client(who, bytes, { metadata: { filename: name, title: name, visibility } });
  upload.start();
  await done;
  const answer = await head(who, upload.url ?? "");
  const id = answer.headers.get("kadr-video") ?? "";
  expect(id).toMatch(/^\w{22}$/);
  return { who, id };
}

export async function ask({ who, id }: Sent): Promise<View> {
  const answer = await fetch(`${who.server.url}/api/v1/videos/${id}`, { headers: { authorization: `Bearer ${who.token}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as View;
}

/** Waits until it is so; a server that is just being started again is waited for, too. */
export async function until(sent: Sent, what: string, is: (view: View) => boolean, seconds = 180): Promise<View> {
  const deadline = Date.now() + seconds * 1000;
  let seen: View | undefined;
  while (Date.now() < deadline) {
    const view = await ask(sent).catch((error: unknown) => {
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    if (view) {
      expect(view.status, JSON.stringify(view)).not.toBe("failed");
      if (is(view)) return view;
      seen = view;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never ${what}: ${JSON.stringify(seen)}`);
}

export const completed = (sent: Sent): Promise<View> => until(sent, "completed", (view) => view.status === "completed");

export interface Made {
  view: View;
  source: string;
  clip: Clip;
}

/** Each clip as a video, sent when the first test asks for it. */
export class Library {
  readonly #videos = new Map<string, Promise<Made>>();
  private constructor(
    readonly who: Account,
    readonly clips: Clips,
  ) {}

  static async open(server: Server): Promise<Library> {
    return new Library(await account(server), await Clips.begin());
  }

  video(clip: Clip): Promise<Made> {
    const video = this.#videos.get(clip.name) ?? this.#make(clip);
    this.#videos.set(clip.name, video);
    return video;
  }

  async #make(clip: Clip): Promise<Made> {
    const source = await this.clips.file(clip);
    const view = await completed(await send(this.who, await this.clips.bytes(clip), `${clip.name}.${clip.extension}`));
    return { view, source, clip: await onItsClock(clip, source) };
  }

  async close(): Promise<void> {
    await this.clips.end();
  }
}
