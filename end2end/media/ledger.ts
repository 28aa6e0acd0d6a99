// What lies on the disk of a video that is being made, looked at now and then: what a playlist
// names is done, and stays the very same file.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { run } from "./clips.ts";
import { playlist } from "./playlists.ts";

export class Ledger {
  readonly faults: string[] = [];
  readonly #first = new Map<string, string>();
  readonly #lists = new Map<string, string[]>();
  #asset: string | undefined;
  #url = "";

  private constructor(
    private readonly media: string,
    private readonly before: string[],
  ) {}

  /** Before the video is sent. */
  static async begin(data: string): Promise<Ledger> {
    const media = join(data, "media", "media");
    return new Ledger(media, await assets(media));
  }

  of(url: string): void {
    this.#url = url;
  }

  /** How many finished files it knows. */
  get kept(): number {
    return this.#first.size;
  }

  async look(): Promise<void> {
    for (const folder of ["v480", "v360", "v240", "a0"]) {
      const answer = await fetch(`${this.#url}/${folder}/index.m3u8`);
      if (!answer.ok) {
        if (this.#lists.has(folder)) this.faults.push(`${folder} is gone: ${answer.status}`);
        continue;
      }
      const { segments } = playlist(await answer.text());
      const lines = segments.map(({ uri, duration }) => `${uri} ${duration}`);
      const before = this.#lists.get(folder) ?? [];
      if (!before.every((line, at) => line === lines[at])) this.faults.push(`${folder}: ${before.join()} became ${lines.join()}`);
      this.#lists.set(folder, lines);
      for (const { uri } of segments) await this.#note(folder, uri);
    }
  }

  /** Of pictures the file itself; sound is shown while it is made, so there it is the content. */
  async #note(folder: string, uri: string): Promise<void> {
    const sound = folder.startsWith("a");
    const name = `${folder}/${uri}`;
    const path = sound ? undefined : await this.#path(name);
    const now = path ? await stat(path).then(({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`) : await digest(`${this.#url}/${name}`);
    const then = this.#first.get(name) ?? now;
    if (then !== now) this.faults.push(`${name} was made again`);
    this.#first.set(name, then);
  }

  /** Where a file of this video lies: below the one folder that was not there before. */
  async #path(name: string): Promise<string> {
    if (!this.#asset) {
      const found = (await assets(this.media)).filter((asset) => !this.before.includes(asset));
      if (found.length !== 1) throw new Error(`the folders of one video: ${found.join()}`);
      this.#asset = found[0];
    }
    return join(this.#asset ?? "", name);
  }

  /** Files that somebody began and did not end. */
  async halves(): Promise<string[]> {
    const entries = await readdir(this.#asset ?? this.media, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.filter((file) => /\.(tmp|part)$/.test(file) || file.includes("/tiles/"));
  }
}

/** The folders of all videos. */
async function assets(media: string): Promise<string[]> {
  const inside = async (folder: string) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  return (await Promise.all((await inside(media)).map(inside))).flat();
}

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function digest(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return hash(Buffer.from(await answer.arrayBuffer()));
}

async function processes(): Promise<{ pid: number; parent: number; name: string }[]> {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid=,comm="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, name] = line.trim().split(/\s+/);
    return name ? [{ pid: Number(pid), parent: Number(parent), name }] : [];
  });
}

/** The servers that this process has started. */
export async function servers(): Promise<number[]> {
  return (await processes()).filter(({ parent, name }) => parent === process.pid && name === "kadr").map(({ pid }) => pid);
}

/** The media helpers of these servers. */
export async function helpers(parents: number[]): Promise<number[]> {
  return (await processes()).filter(({ parent, name }) => parents.includes(parent) && name === "kadr-media").map(({ pid }) => pid);
}
