// Files whose way breaks off: they go on, here or elsewhere, and nothing is sent twice.
import { copyFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, expectAccessible, test } from "../fixtures/index.ts";
import { AS_BROWSER, enter } from "../fixtures/people.ts";
import { BROKEN, MB, act, card, choose, film, isStored, pick, slow, toBe, toHave, toUploads, tools, watch } from "../fixtures/uploads.ts";

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

test("offline and back, it goes on by itself", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const seen = watch(page);
  const path = await film(info.outputPath("films"), "train.mp4", 8 * MB);
  await slow(page, 2 * MB);
  await choose(page, path);
  await toBe(page, "train.mp4", "sending");
  await toHave(page, "train.mp4");
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
  await toHave(page, "long.mp4", 10);
  await page.close({ runBeforeUnload: false });

  const again = await context.newPage();
  const seen = watch(again);
  await again.goto("/upload");
  await toBe(again, "long.mp4", /waiting|elsewhere/);
  await expect(act(again, "long.mp4", "Choose the file")).toBeVisible();
  await toBe(again, "long.mp4", "waiting");
  await expect(card(again, "long.mp4")).toContainText(/Choose long\.mp4 again, and it goes on from \d+%/);
  await expectAccessible(again);

  await pick(again, "long.mp4", await film(folder, "shorter.mp4", MB));
  await expect(again.locator("[data-part=problem]")).toHaveText("This is another file. Choose long.mp4 to go on.");
  await pick(again, "long.mp4", await film(join(folder, "other"), "long.mp4", 6 * MB));
  await expect(again.locator("[data-part=problem]")).toContainText("not the same any more");
  await toBe(again, "long.mp4", "waiting");

  await pick(again, "long.mp4", path);
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
  await toHave(page, "begun.mp4");
  await act(page, "begun.mp4", "Pause").click();
  await page.reload();
  await toBe(page, "begun.mp4", "waiting");
  await choose(page, [path, await film(folder, "fresh.mp4", MB)]);
  // The new card of the begun file goes as soon as it is known for what it is.
  await expect(page.locator(".upload")).toHaveCount(2);
  for (const name of ["begun.mp4", "fresh.mp4"]) await toBe(page, name, "done", 60_000);
  await expect(page.locator(".upload")).toHaveCount(2);
});

test.describe("the server is killed", () => {
  const rounds = Number(process.env.KADR_E2E_ROUNDS ?? 30);

  test(`${rounds} times at random moments, and every file arrives whole`, async ({ page, server, complaints }, info) => {
    test.skip(info.project.name !== "desktop", "the same code; once is long enough");
    test.setTimeout(60_000 + rounds * 20_000);
    complaints.expect(BROKEN);
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

test("begun on another device, it goes on with a copy of another time, or of another name", async ({ page, browser, server, complaints }, info) => {
  complaints.expect(BROKEN);
  const who = await toUploads(page, server);
  const folder = info.outputPath("films");
  const paths = [await film(folder, "older.mp4", 4 * MB), await film(folder, "renamed.mp4", 4 * MB)] as const;
  await slow(page, 2 * MB);
  await choose(page, [...paths]);
  for (const name of ["older.mp4", "renamed.mp4"]) await toHave(page, name);
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.close({ runBeforeUnload: false });

  const elsewhere = await browser.newContext();
  elsewhere.on("page", (one) => complaints.listenTo(one));
  const there = await elsewhere.newPage();
  const seen = watch(there);
  await enter(there, who);
  await there.goto("/upload");
  const copies = [join(folder, "copies-of", "older.mp4"), join(folder, "copies-of", "IMG_0001.mp4")] as const;
  await film(join(folder, "copies-of"), "older.mp4", 1);
  for (const [at, copy] of copies.entries()) await copyFile(paths[at] ?? "", copy);
  await utimes(copies[0], new Date(2001, 1, 1), new Date(2001, 1, 1));
  const { atime, mtime } = await stat(paths[1]);
  await utimes(copies[1], atime, mtime);
  await choose(there, [...copies]);
  // Neither stays a card of its own.
  await expect(there.locator(".upload")).toHaveCount(2);
  for (const name of ["older.mp4", "renamed.mp4"]) await toBe(there, name, "done", 60_000);
  await expect(there.locator(".upload")).toHaveCount(2);
  for (const path of paths) expect(await isStored(server, path), path).toBe(true);
  expect(seen.begun()).toBe(0);
  expect(seen.sent()).toBeLessThan(8 * MB);
  await elsewhere.close();
});

test("a browser that cannot hash goes on all the same", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await page.addInitScript(() => Object.defineProperty(window, "Worker", { value: undefined }));
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "plain.mp4", 4 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toHave(page, "plain.mp4");
  await act(page, "plain.mp4", "Pause").click();
  await page.reload();
  await toBe(page, "plain.mp4", "waiting");
  const seen = watch(page);
  await pick(page, "plain.mp4", path);
  await toBe(page, "plain.mp4", "done");
  expect(seen.sent()).toBeLessThan(4 * MB);
  expect(await isStored(server, path)).toBe(true);
});

test("while the list of what could go on cannot be had, nothing begins anew", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "listed.mp4", 4 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toHave(page, "listed.mp4");
  await act(page, "listed.mp4", "Pause").click();
  let refused = 0;
  await page.route("**/ui/uploads/unfinished", async (route) => {
    if ((refused += 1) <= 2) await route.fulfill({ status: 503, body: "" });
    else await route.continue();
  });
  await page.reload();
  const seen = watch(page);
  await choose(page, path);
  await toBe(page, "listed.mp4", "done", 60_000);
  expect(refused).toBeGreaterThan(2);
  expect(seen.begun()).toBe(0);
  await expect(page.locator(".upload")).toHaveCount(1);
  expect(await isStored(server, path)).toBe(true);
});

test("two tabs with one file: one sends, the other watches and takes over", async ({ page, context, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "shared.mp4", 8 * MB);
  const first = watch(page);
  await slow(page, MB);
  await choose(page, path);
  await toHave(page, "shared.mp4");

  const other = await context.newPage();
  const second = watch(other);
  await other.goto("/upload");
  await choose(other, path);
  // It is known for what it is, and has one card.
  await expect(other.locator(".upload")).toHaveCount(1);
  await toBe(other, "shared.mp4", "watching");
  await expect(card(other, "shared.mp4")).toContainText("Being sent in another tab");
  await sleep(2000);
  await toBe(page, "shared.mp4", "sending");
  expect(second.patches(), "only one of them sends").toBe(0);

  await act(page, "shared.mp4", "Pause").click();
  await toBe(other, "shared.mp4", "done", 60_000);
  expect(await isStored(server, path)).toBe(true);
  // Of the request that the pause broke off nobody was told how much had come.
  expect(first.sent() + second.sent(), "nothing was sent twice").toBeLessThanOrEqual(8 * MB);
  expect([...first.faults, ...second.faults]).toEqual([]);
  // The first one finds out when it asks.
  await act(page, "shared.mp4", "Go on").click();
  await toBe(page, "shared.mp4", "done");
});

test("a page that was put to sleep goes on when it wakes", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "sleepy.mp4", 5 * MB);
  await slow(page, MB);
  await choose(page, path);
  await toHave(page, "sleepy.mp4");
  const wire = await tools(page);
  await wire.send("Page.setWebLifecycleState", { state: "frozen" });
  await sleep(3000);
  await wire.send("Page.setWebLifecycleState", { state: "active" });
  await toBe(page, "sleepy.mp4", "done", 60_000);
  expect(await isStored(server, path)).toBe(true);
});

test("it is said until when an upload waits, and when it has run out", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "late.mp4", 4 * MB));
  await toHave(page, "late.mp4");
  await act(page, "late.mp4", "Pause").click();
  await page.reload();
  await expect(card(page, "late.mp4")).toContainText(/It is kept until tomorrow, \d+:\d\d [AP]M\./);
  await expectAccessible(page);

  // A day passes.
  const list = await page.request.post("/ui/uploads/unfinished", { headers: AS_BROWSER });
  const { uploads } = (await list.json()) as { uploads: { flow: string }[] };
  const gone = await page.request.post("/ui/uploads/give_up", { form: { flow: uploads[0]?.flow ?? "" }, headers: AS_BROWSER });
  expect(gone.status()).toBe(200);
  await page.goto("about:blank");
  await page.addInitScript(() => {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith("kadr-uploads-waiting")) continue;
      const kept = JSON.parse(localStorage.getItem(key) ?? "[]") as { expires: number }[];
      localStorage.setItem(key, JSON.stringify(kept.map((one) => ({ ...one, expires: Date.now() - 1000 }))));
    }
  });
  await page.goto("/upload");
  await toBe(page, "late.mp4", "expired");
  await expect(card(page, "late.mp4")).toContainText("This upload is not kept any more.");
  await expectAccessible(page);
  await act(page, "late.mp4", "Done").click();
  await page.reload();
  await expect(page.locator("[data-part=empty]")).toBeVisible();
  await expect(page.locator(".upload")).toHaveCount(0);
});
