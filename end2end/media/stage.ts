// A page on the server's own origin, under the product's own Content-Security-Policy, in which
// hls.js or Shaka plays. The server knows nothing of it: it is laid over the network.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { expect, type Page } from "../fixtures/index.ts";
import type { Server } from "../fixtures/server.ts";

export type Kind = "hls" | "shaka";

interface State {
  time: number;
  /** Infinity while it grows arrives as null. */
  duration: number | null;
  ended: boolean;
  ranges: [number, number][];
  total: number;
  dropped: number;
  corrupted: number;
  error: string | null;
}

interface Seen {
  events: { type: string; at: number; seeking: boolean; wall: number }[];
  errors: { type: string; details: string; fatal: boolean; at: number; text: string }[];
  frames: { time: number; count: number }[];
  switched: { at: number; quality: number }[];
}

/** The source frame that is on the screen at that time. */
interface Still {
  time: number;
  number: number;
}

interface Inside {
  seen: Seen;
  open(kind: Kind, url: string): Promise<number[]>;
  goRound(on: boolean): void;
  patient(seconds: number): void;
  play(rate: number): Promise<void>;
  rate(rate: number): void;
  pause(): void;
  seek(time: number): Promise<void>;
  stills(wanted: Still[], height: number): Promise<Still[]>;
  across(time: number): Promise<number[]>;
  state(): State;
}

declare global {
  interface Window {
    stage: Inside;
  }
}

const FILES: Record<string, string> = {
  "hls.js": "../node_modules/hls.js/dist/hls.min.js",
  "shaka.js": "../node_modules/shaka-player/dist/shaka-player.compiled.js",
  "stage.js": "page/stage.js",
};

export class Stage {
  private constructor(
    readonly page: Page,
    readonly asked: string[],
  ) {}

  static async on(page: Page, server: Server): Promise<Stage> {
    const policy = (await fetch(`${server.url}/`)).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    const scripts = Object.keys(FILES).map((file) => `<script src="/stage/${file}"></script>`);
    const html = `<!doctype html><title>Stage</title><link rel="icon" href="data:,"><video muted width="424" height="240"></video>${scripts.join("")}`;
    await page.route(`${server.url}/stage/**`, async (route) => {
      const file = FILES[new URL(route.request().url()).pathname.replace("/stage/", "")];
      if (!file) return route.fulfill({ contentType: "text/html; charset=utf-8", headers: { "content-security-policy": policy }, body: html });
      const body = await readFile(resolve(join(import.meta.dirname, file)));
      return route.fulfill({ contentType: "text/javascript", body });
    });
    const asked: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/media/")) asked.push(pathname);
    });
    await page.goto(`${server.url}/stage/`);
    return new Stage(page, asked);
  }

  /** Answers the heights that are there, the smallest first. */
  async open(kind: Kind, url: string): Promise<number[]> {
    const heights = await this.page.evaluate(([kind, url]) => window.stage.open(kind, url), [kind, url] as const);
    expect((await this.seen()).errors).toEqual([]);
    return [...heights].sort((a, b) => a - b);
  }

  play = (rate: number) => this.page.evaluate((rate) => window.stage.play(rate), rate);
  rate = (rate: number) => this.page.evaluate((rate) => window.stage.rate(rate), rate);
  pause = () => this.page.evaluate(() => window.stage.pause());
  seek = (time: number) => this.page.evaluate((time) => window.stage.seek(time), time);
  goRound = (on: boolean) => this.page.evaluate((on) => window.stage.goRound(on), on);
  patient = (seconds: number) => this.page.evaluate((seconds) => window.stage.patient(seconds), seconds);
  across = (time: number) => this.page.evaluate((time) => window.stage.across(time), time);
  state = () => this.page.evaluate(() => window.stage.state());
  seen = () => this.page.evaluate(() => window.stage.seen);
  stills = (wanted: Still[], height: number) =>
    this.page.evaluate(([wanted, height]) => window.stage.stills(wanted, height), [wanted, height] as const);

  async ended(seconds: number): Promise<State> {
    const how = async () => ((await this.seen()).errors.some(({ fatal }) => fatal) ? "broken" : (await this.state()).ended ? "ended" : "playing");
    await expect.poll(how, { timeout: seconds * 1000, intervals: [250] }).not.toBe("playing");
    expect((await this.seen()).errors.filter(({ fatal }) => fatal)).toEqual([]);
    return this.state();
  }

  /** Nothing went wrong, and once it played it stood still only for seeks. */
  async expectSmooth(allowed: (at: number) => boolean = () => false): Promise<void> {
    const { errors, events } = await this.seen();
    // What hls.js calls an error when it has nothing to play, and waits.
    const waited = ({ details, fatal, at }: Seen["errors"][number]) => details === "bufferStalledError" && !fatal && allowed(at);
    expect(errors.filter((error) => !waited(error))).toEqual([]);
    expect((await this.state()).error).toBeNull();
    const first = events.findIndex(({ type }) => type === "playing");
    const halts: unknown[] = [];
    let sought: number | undefined;
    for (const event of events.slice(first + 1)) {
      if (event.type === "seeking" || event.type === "ratechange") sought = event.at;
      const stood = event.type === "waiting" || event.type === "stalled";
      // After a seek, or at another pace, it goes on as soon as it can, perhaps with little in hand.
      const begins = sought !== undefined && event.at >= sought && event.at < sought + 1.5;
      if (stood && !begins && !event.seeking && !allowed(event.at)) halts.push(event);
    }
    expect(halts).toEqual([]);
  }
}
