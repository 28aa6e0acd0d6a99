// What the page does so that nobody leaves it by mistake, and what happens when they do.
import { basename } from "node:path";

import { expect, expectAccessible, test } from "../fixtures/index.ts";
import { enter } from "../fixtures/people.ts";
import { BROKEN, MB, act, card, choose, film, isStored, slow, toBe, toUploads } from "../fixtures/uploads.ts";

test("while something runs, links open beside it and leaving asks", async ({ page, context, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "stay.mp4", 15 * MB));
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

test("leaving asks until the last word is kept", async ({ page, server }, info) => {
  await toUploads(page, server);
  await choose(page, await film(info.outputPath("films"), "words.mp4", MB));
  await toBe(page, "words.mp4", "done");
  let go = () => {};
  const held = new Promise<void>((done) => (go = done));
  await page.route("**/ui/uploads/describe", async (route) => {
    await held;
    await route.continue();
  });
  const asking = page.waitForRequest("**/ui/uploads/describe");
  await card(page, "words.mp4").getByLabel("Title", { exact: true }).fill("The last word");
  await asking;
  const asked = page.waitForEvent("dialog");
  const leaving = page.close({ runBeforeUnload: true });
  await (await asked).dismiss();
  await leaving;
  go();
  await expect(card(page, "words.mp4").locator("[data-part=saved]")).toHaveText("Saved");
});

test("the screen stays awake as long as something is sent", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await page.addInitScript(() => {
    const awake = { now: 0, ever: 0 };
    Object.assign(window, { awake });
    const request = async () => {
      awake.now += 1;
      awake.ever += 1;
      const lock = {
        released: false,
        release: async () => {
          if (!lock.released) awake.now -= 1;
          lock.released = true;
        },
      };
      return lock;
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
  const awake = () => page.evaluate(() => (window as unknown as { awake: { now: number; ever: number } }).awake);
  await toUploads(page, server);
  expect(await awake()).toEqual({ now: 0, ever: 0 });
  await slow(page, 2 * MB);
  await choose(page, await film(info.outputPath("films"), "awake.mp4", 3 * MB));
  await expect.poll(awake).toEqual({ now: 1, ever: 1 });
  await act(page, "awake.mp4", "Pause").click();
  await expect.poll(awake).toEqual({ now: 0, ever: 1 });
  await act(page, "awake.mp4", "Go on").click();
  await expect.poll(awake).toEqual({ now: 1, ever: 2 });
  await toBe(page, "awake.mp4", "done");
  await expect.poll(awake).toEqual({ now: 0, ever: 2 });
});

test("who is logged out in the middle logs in beside it, and goes on with all", async ({ page, context, server, complaints }, info) => {
  complaints.expect(/status of 401/);
  const who = await toUploads(page, server);
  const folder = info.outputPath("films");
  const paths = [await film(folder, "out one.mp4", 4 * MB), await film(folder, "out two.mp4", 4 * MB)];
  await slow(page, 2 * MB);
  await choose(page, paths);
  for (const path of paths) await toBe(page, basename(path), "sending");
  await context.clearCookies();
  for (const path of paths) {
    await toBe(page, basename(path), "failed");
    const link = card(page, basename(path)).getByRole("link", { name: "Log in" });
    await expect(link).toHaveAttribute("target", "_blank");
  }
  await expectAccessible(page);
  await enter(page, who);
  await page.getByRole("button", { name: "Go on with all" }).click();
  for (const path of paths) await toBe(page, basename(path), "done", 60_000);
  for (const path of paths) expect(await isStored(server, path), path).toBe(true);
});
