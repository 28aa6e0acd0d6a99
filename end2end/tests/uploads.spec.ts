// Files on their way, through everything that can happen to them.
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { CDPSession } from "@playwright/test";

import { expect, expectAccessible, type Page, test } from "../fixtures/index.ts";
import { enter, person } from "../fixtures/people.ts";
import type { Server } from "../fixtures/server.ts";

const MB = 1_000_000;
/** What a browser says to its console when a connection breaks, or the server asks it to wait. */
const BROKEN = /ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|EMPTY_RESPONSE|NETWORK_CHANGED|INCOMPLETE_CHUNKED_ENCODING|ABORTED|FAILED|SOCKET_NOT_CONNECTED)|status of (409|423|503)/;

/** A file of random bytes; the same name gives another file in every test. */
async function film(folder: string, name: string, size: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, randomBytes(size));
  return path;
}

async function toUploads(page: Page, server: Server): Promise<void> {
  await enter(page, await person(server));
  await page.goto("/upload");
  await expect(page.locator("[data-choose]")).toBeVisible();
}

async function choose(page: Page, ...files: Parameters<ReturnType<Page["locator"]>["setInputFiles"]>): Promise<void> {
  await page.locator("[data-part=file]").setInputFiles(...files);
}

const card = (page: Page, name: string) => page.locator(".upload", { has: page.getByRole("heading", { name, exact: true }) });
const act = (page: Page, name: string, label: string) => card(page, name).getByRole("button", { name: label, exact: true });

async function toBe(page: Page, name: string, state: string | RegExp, timeout = 30_000): Promise<void> {
  await expect(card(page, name), name).toHaveAttribute("data-state", state, { timeout });
}

/** Bytes a second of the way up, as over a line of the world outside; none without a number. */
async function slow(page: Page, bytes?: number): Promise<void> {
  const wire = wires.get(page) ?? (await page.context().newCDPSession(page));
  wires.set(page, wire);
  await wire.send("Network.enable");
  const conditions = { latency: 5, downloadThroughput: -1, uploadThroughput: bytes ?? -1 };
  await wire.send("Network.emulateNetworkConditions", { offline: bytes === undefined, ...conditions });
}
const wires = new WeakMap<Page, CDPSession>();

/** Whether the server has stored exactly this file. */
async function isStored(server: Server, path: string): Promise<boolean> {
  const source = await readFile(path);
  const originals = join(server.data, "media", "originals");
  for (const file of await readdir(originals, { recursive: true }).catch(() => [])) {
    const stored = join(originals, file);
    const found = await stat(stored);
    if (found.isFile() && found.size === source.length && (await readFile(stored)).equals(source)) return true;
  }
  return false;
}

/** Watches that nothing acknowledged is ever taken back; answers how many bytes were sent. */
function watch(page: Page): { sent: () => number; patches: () => number; faults: string[] } {
  const acknowledged = new Map<string, number>();
  const faults: string[] = [];
  let [sent, patches] = [0, 0];
  page.on("response", (answer) => {
    const method = answer.request().method();
    const { pathname } = new URL(answer.url());
    if (!pathname.startsWith("/uploads/") || !answer.ok()) return;
    const offset = Number(answer.headers()["upload-offset"] ?? "NaN");
    const before = acknowledged.get(pathname) ?? 0;
    if (method === "PATCH") {
      const from = Number(answer.request().headers()["upload-offset"]);
      patches += 1;
      sent += offset - from;
    }
    if (Number.isNaN(offset)) return;
    if (offset < before) faults.push(`${method} ${pathname}: ${offset} after ${before}`);
    acknowledged.set(pathname, Math.max(before, offset));
  });
  return { sent: () => sent, patches: () => patches, faults };
}

test("who is not logged in is sent to do that", async ({ page }) => {
  await page.goto("/upload");
  await expect(page).toHaveURL(/\/login\?next=\/upload$/);
});

test("a file goes through, and is described meanwhile", async ({ page, server, complaints }, info) => {
  complaints.expect(/status of 422/);
  await toUploads(page, server);
  await expectAccessible(page);
  const path = await film(info.outputPath("films"), "A day by the sea.mp4", 6 * MB);
  const name = basename(path);
  await slow(page, 3 * MB);
  await choose(page, path);
  await toBe(page, name, "sending");
  await expect(page).toHaveTitle(/^\d+% · Upload · Kadr$/);
  // A single file is what one wants to write about.
  const title = card(page, name).getByLabel("Title", { exact: true });
  await expect(title).toHaveValue("A day by the sea");
  await title.fill("Sea");
  await card(page, name).getByLabel("Description").fill("Two lines\nof it");
  await card(page, name).getByLabel("Tags").fill("sea, summer");
  await card(page, name).getByLabel("Who can see it").selectOption("private");
  await expect(card(page, name).locator("[data-part=saved]")).toHaveText("Saved");
  await expectAccessible(page);
  await title.fill("");
  await expect(card(page, name).locator(".error").first()).toHaveText("Please fill this in.");
  await title.fill("The sea");
  await expect(card(page, name).locator("[data-part=saved]")).toHaveText("Saved");
  await toBe(page, name, "done");
  await expect(card(page, name)).toContainText("Uploaded. Waits in the queue.");
  await expect(page.locator("[data-part=said]")).toContainText(`${name} has arrived.`);
  await expect(page).toHaveTitle("Upload · Kadr");
  expect(await isStored(server, path)).toBe(true);
  await expectAccessible(page);
});

test("what is written about an upload is there on the next day", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "notes.mp4", 4 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toBe(page, "notes.mp4", "sending");
  await card(page, "notes.mp4").getByLabel("Title", { exact: true }).fill("Кіно & <кадри>");
  await card(page, "notes.mp4").getByLabel("Who can see it").selectOption("unlisted");
  await expect(card(page, "notes.mp4").locator("[data-part=saved]")).toHaveText("Saved");
  await act(page, "notes.mp4", "Pause").click();
  await toBe(page, "notes.mp4", "paused");
  await page.reload();
  await toBe(page, "notes.mp4", "waiting");
  await card(page, "notes.mp4").locator("summary").click();
  await expect(card(page, "notes.mp4").getByLabel("Title", { exact: true })).toHaveValue("Кіно & <кадри>");
  await expect(card(page, "notes.mp4").getByLabel("Who can see it")).toHaveValue("unlisted");
});

test("two files at once, with a bar for both", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const folder = info.outputPath("films");
  const paths = [await film(folder, "one.mp4", 4 * MB), await film(folder, "two.webm", 5 * MB), await film(folder, "three.mkv", MB)];
  await slow(page, 4 * MB);
  await choose(page, paths);
  await expect(page.locator(".upload[data-state=sending]")).toHaveCount(2);
  await expect(page.locator("[data-part=total]")).toBeVisible();
  await expect(page.locator("[data-part=said]")).toContainText("3 files added.");
  await page.getByRole("button", { name: "Pause all" }).click();
  await expect(page.locator(".upload[data-state=paused]")).toHaveCount(3);
  await page.getByRole("button", { name: "Go on with all" }).click();
  for (const path of paths) await toBe(page, basename(path), "done");
  for (const path of paths) expect(await isStored(server, path), path).toBe(true);
  await expect(page.locator("[data-part=total]")).toBeHidden();
});

test("offline and back, it goes on by itself", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const seen = watch(page);
  const path = await film(info.outputPath("films"), "train.mp4", 8 * MB);
  await slow(page, 2 * MB);
  await choose(page, path);
  await toBe(page, "train.mp4", "sending");
  await sleep(1500);
  await slow(page);
  await toBe(page, "train.mp4", "resting", 60_000);
  await expect(card(page, "train.mp4")).toContainText("It goes on by itself.");
  await expect(page.locator("[data-part=said]")).toContainText("The connection is interrupted.");
  await sleep(2000);
  await slow(page, 2 * MB);
  await toBe(page, "train.mp4", "done", 60_000);
  expect(await isStored(server, path)).toBe(true);
  expect(seen.faults).toEqual([]);
});

test("the tab is closed; the same file goes on, another one does not", async ({ page, context, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const folder = info.outputPath("films");
  const path = await film(folder, "long.mp4", 6 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toBe(page, "long.mp4", "sending");
  await expect.poll(() => card(page, "long.mp4").locator("[data-part=bar]").getAttribute("aria-valuenow").then(Number), { timeout: 30_000 }).toBeGreaterThan(10);
  await page.close({ runBeforeUnload: false });

  const again = await context.newPage();
  const seen = watch(again);
  await again.goto("/upload");
  await toBe(again, "long.mp4", /waiting|elsewhere/);
  await toBe(again, "long.mp4", "waiting");
  await expect(card(again, "long.mp4")).toContainText(/Choose long\.mp4 again, and it goes on from \d+%/);
  await expectAccessible(again);

  const pick = async (file: string) => {
    const chooser = again.waitForEvent("filechooser");
    await act(again, "long.mp4", "Choose the file").click();
    await (await chooser).setFiles(file);
  };
  await pick(await film(folder, "shorter.mp4", MB));
  await expect(again.locator("[data-part=problem]")).toHaveText("This is another file. Choose long.mp4 to go on.");
  await pick(await film(join(folder, "other"), "long.mp4", 6 * MB));
  await expect(again.locator("[data-part=problem]")).toContainText("not the same any more");
  await toBe(again, "long.mp4", "waiting");

  await pick(path);
  await toBe(again, "long.mp4", "done", 60_000);
  await expect(again.locator("[data-part=problem]")).toBeHidden();
  expect(await isStored(server, path)).toBe(true);
  expect(seen.sent(), "what was there is not sent again").toBeLessThan(6 * MB);
  expect(seen.faults).toEqual([]);
});

test("dropped among others, an unfinished file is recognised", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const folder = info.outputPath("films");
  const path = await film(folder, "begun.mp4", 4 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toBe(page, "begun.mp4", "sending");
  await sleep(1500);
  await act(page, "begun.mp4", "Pause").click();
  await page.reload();
  await toBe(page, "begun.mp4", "waiting");
  await choose(page, [path, await film(folder, "fresh.mp4", MB)]);
  // The new card of the begun file goes as soon as it is known for what it is.
  await expect(page.locator(".upload")).toHaveCount(2);
  for (const name of ["begun.mp4", "fresh.mp4"]) await toBe(page, name, "done", 60_000);
  await expect(page.locator(".upload")).toHaveCount(2);
});

test("the same file again is not sent again", async ({ page, server }, info) => {
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "twice.mp4", 3 * MB);
  await choose(page, path);
  await toBe(page, "twice.mp4", "done");
  await act(page, "twice.mp4", "Done").click();
  await expect(page.locator(".upload")).toHaveCount(0);

  const seen = watch(page);
  await choose(page, path);
  await toBe(page, "twice.mp4", "twice");
  await expect(card(page, "twice.mp4")).toContainText("You already have this: “twice”.");
  await expect(card(page, "twice.mp4").getByRole("link")).toHaveAttribute("href", /^\/v\/[1-9A-Za-z]{22}$/);
  await expectAccessible(page);
  await act(page, "twice.mp4", "Do not upload").click();
  await expect(page.locator(".upload")).toHaveCount(0);

  await choose(page, path);
  await toBe(page, "twice.mp4", "twice");
  await act(page, "twice.mp4", "Keep both").click();
  await toBe(page, "twice.mp4", "done");
  expect(seen.patches(), "no byte was sent").toBe(0);
});

test("what cannot be taken is a sentence", async ({ page, server, complaints }, info) => {
  complaints.expect(/status of 415/);
  await toUploads(page, server);
  await choose(page, { name: "empty.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(0) });
  await expect(page.locator("[data-part=problem]")).toHaveText("An empty file was left out.");
  await choose(page, { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") });
  await toBe(page, "letter.pdf", "failed");
  await expect(card(page, "letter.pdf")).toContainText("This is not a video, a sound or an animated GIF.");
  await expect(page.locator("[data-part=problem]")).toBeHidden();
  await expectAccessible(page);
  await act(page, "letter.pdf", "Cancel").click();
  await expect(page.locator(".upload")).toHaveCount(0);
  await choose(page, await film(info.outputPath("films"), "..\u202egpj.mp4", MB));
  await expect(page.locator(".upload[data-state=done]")).toHaveCount(1, { timeout: 30_000 });
});

test("to cancel what has arrived is asked once more, and then it is gone", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "wrong.mp4", 5 * MB));
  await toBe(page, "wrong.mp4", "sending");
  await expect.poll(() => card(page, "wrong.mp4").locator("[data-part=bar]").getAttribute("aria-valuenow").then(Number), { timeout: 30_000 }).toBeGreaterThan(5);
  await act(page, "wrong.mp4", "Cancel").click();
  await act(page, "wrong.mp4", "Really cancel").click();
  await expect(page.locator(".upload")).toHaveCount(0);
  await expect(page.locator("[data-choose]")).toBeFocused();
  await expect(page.locator("[data-part=said]")).toContainText("wrong.mp4 was cancelled.", { timeout: 30_000 });
  await page.reload();
  await expect(page.locator("[data-part=empty]")).toBeVisible();
  await expect(page.locator(".upload")).toHaveCount(0);
});

test("while something runs, links open beside it and leaving asks", async ({ page, context, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "stay.mp4", 5 * MB));
  await toBe(page, "stay.mp4", "sending");
  const opened = context.waitForEvent("page");
  await page.locator(".site-header .home").click();
  const beside = await opened;
  await expect(beside).toHaveURL(/\/$/);
  await expect(page).toHaveURL(/\/upload$/);

  // The other tab tells of it in its header.
  const notice = beside.locator(".site-header .underway");
  await expect(notice).toHaveAttribute("data-underway", "moving", { timeout: 15_000 });
  await expect(notice).toContainText("Uploading");
  await expectAccessible(beside);
  await act(page, "stay.mp4", "Pause").click();
  await expect(notice).toHaveAttribute("data-underway", "waiting", { timeout: 30_000 });
  await expect(notice).toContainText("Go on uploading");
  await act(page, "stay.mp4", "Go on").click();
  await toBe(page, "stay.mp4", "sending");

  const asked = page.waitForEvent("dialog");
  const leaving = page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await leaving;
  await slow(page, 50 * MB);
  await toBe(page, "stay.mp4", "done", 60_000);
  await expect(beside.locator("#toasts .toast")).toContainText("stay.mp4 has arrived.");
  await expect(notice).not.toHaveAttribute("data-underway", /moving|waiting/);
  // Nothing runs: a link is a link.
  await page.locator(".site-header .home").click();
  await expect(page).toHaveURL(/\/$/);
});

test("files can be dropped anywhere, and pasted", async ({ page, server }) => {
  await toUploads(page, server);
  for (const [how, name] of [
    ["drop", "dropped.mp4"],
    ["paste", "pasted.mp4"],
  ] as const) {
    await page.evaluate(
      ([how, name]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([crypto.getRandomValues(new Uint8Array(50_000))], name, { type: "video/mp4" }));
        if (how === "drop") {
          const over = new DragEvent("dragover", { dataTransfer: carried, bubbles: true, cancelable: true });
          document.querySelector("footer")?.dispatchEvent(over);
          if (!over.defaultPrevented) throw new Error("nothing can be dropped there");
          document.querySelector("footer")?.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        } else {
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
        }
      },
      [how, name] as const,
    );
    await toBe(page, name, "done");
  }
});

test("everything can be done with the keyboard", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "keys.mp4", 5 * MB);
  await slow(page, MB);
  const chooser = page.waitForEvent("filechooser");
  await page.locator("[data-choose]").focus();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(path);
  await toBe(page, "keys.mp4", "sending");
  await act(page, "keys.mp4", "Pause").focus();
  await page.keyboard.press("Enter");
  await toBe(page, "keys.mp4", "paused");
  // The button went away; its place is taken by the next thing to do.
  await expect(act(page, "keys.mp4", "Go on")).toBeFocused();
  await slow(page, 50 * MB);
  await page.keyboard.press("Enter");
  await toBe(page, "keys.mp4", "done");
});

test("with scripts off it is a form", async ({ noScripts: page, server }, info) => {
  await enter(page, await person(server));
  await page.goto("/upload");
  const folder = info.outputPath("films");
  const paths = [await film(folder, "plain.mp4", 2 * MB), await film(folder, "second.webm", MB)];
  await page.getByLabel("Title").fill("Plain");
  await page.getByLabel("Files", { exact: true }).setInputFiles(paths);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page).toHaveURL(/\/upload\?sent=/);
  await expect(page.locator("main")).toContainText("Everything has arrived");
  await expect(page.locator("main .alert li")).toHaveText([/^Plain/, /^second/]);
  for (const path of paths) expect(await isStored(server, path), path).toBe(true);

  await page.getByLabel("Files", { exact: true }).setInputFiles({ name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") });
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.locator("main .alert:not([hidden])")).toContainText("This is not a video, a sound or an animated GIF.");
});

test("with scripts off, what is unfinished is seen and can be given up", async ({ page, noScripts, server, complaints }, info) => {
  complaints.expect(BROKEN);
  const who = await person(server);
  await enter(page, who);
  await page.goto("/upload");
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "half.mp4", 5 * MB));
  await toBe(page, "half.mp4", "sending");
  await sleep(1500);
  await act(page, "half.mp4", "Pause").click();
  await toBe(page, "half.mp4", "paused");
  await page.goto("about:blank");
  await enter(noScripts, who);
  await noScripts.goto("/upload");
  await expect(noScripts.locator(".unfinished")).toContainText("half.mp4");
  await noScripts.getByRole("button", { name: "Cancel: half.mp4" }).click();
  await expect(noScripts.locator("#toasts .toast")).toContainText("The upload was cancelled.");
  await expect(noScripts.locator(".unfinished")).toHaveCount(0);
});

test.describe("the server is killed", () => {
  const rounds = Number(process.env.KADR_E2E_ROUNDS ?? 30);

  test(`${rounds} times at random moments, and every file arrives whole`, async ({ page, server, complaints }, info) => {
    test.skip(info.project.name !== "desktop", "the same code; once is long enough");
    test.setTimeout(60_000 + rounds * 20_000);
    complaints.expect(/./);
    await toUploads(page, server);
    const seen = watch(page);
    await slow(page, 4 * MB);
    for (let round = 1; round <= rounds; round += 1) {
      const name = `round ${round}.mp4`;
      const path = await film(info.outputPath("films"), name, 1 + Math.floor(Math.random() * 8 * MB));
      await choose(page, path);
      await sleep(Math.random() * 2200);
      await server.restart();
      // The page would wait up to half a minute; somebody who looks does not.
      await expect(async () => {
        const now = act(page, name, "Try now");
        if (await now.isVisible()) await now.click({ timeout: 500 }).catch(() => {});
        await toBe(page, name, "done", 500);
      }).toPass({ timeout: 40_000 });
      expect(await isStored(server, path), name).toBe(true);
      await act(page, name, "Done").click();
    }
    expect(seen.faults).toEqual([]);
    await expect(page.locator(".upload")).toHaveCount(0);
    await page.reload();
    await expect(page.locator("[data-part=empty]")).toBeVisible();
  });
});
