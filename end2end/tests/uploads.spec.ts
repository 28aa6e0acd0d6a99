// Files on their way, when all goes well: chosen, described, dropped, pasted.
import { basename } from "node:path";

import { expect, expectAccessible, test } from "../fixtures/index.ts";
import { BROKEN, MB, act, card, choose, film, isStored, realFilm, slow, toBe, toHave, toUploads } from "../fixtures/uploads.ts";

test("who is not logged in is sent to do that", async ({ page }) => {
  await page.goto("/upload");
  await expect(page).toHaveURL(/\/login\?next=\/upload$/);
});

test("a file goes through, and is described meanwhile", async ({ page, server, complaints }, info) => {
  test.slow();
  complaints.expect(/status of 422/);
  await toUploads(page, server);
  await expectAccessible(page);
  const path = await realFilm(info.outputPath("films"), "A day by the sea.mp4", 6 * MB);
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
  await expect(page.locator("[data-part=said]")).toContainText(`${name} has arrived.`);
  await expect(page).toHaveTitle("Upload · Kadr");
  expect(await isStored(server, path)).toBe(true);
  await expectAccessible(page);
  // It becomes a film with no hand on it, and the page hears of it.
  await expect(card(page, name)).toContainText("Ready to watch.", { timeout: 120_000 });
});

test("a file that is no film says why", async ({ page, server }, info) => {
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), "noise.mp4", MB);
  await choose(page, path);
  await toBe(page, "noise.mp4", "done");
  await expect(card(page, "noise.mp4")).toContainText("Uploaded, but it cannot be made into a film. The file is damaged, or it is neither video nor sound.");
  await expectAccessible(page);
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

test("a film is known by its first frame", async ({ page, server }) => {
  await toUploads(page, server);
  await page.evaluate(async () => {
    // A second of a red square, as a camera of the browser would bring it.
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
    const context = canvas.getContext("2d");
    const draw = setInterval(() => {
      if (!context) return;
      context.fillStyle = `rgb(${200 + Math.random() * 20}, 20, 20)`;
      context.fillRect(0, 0, 160, 90);
    }, 40);
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    await new Promise((done) => setTimeout(done, 1000));
    recorder.stop();
    await stopped;
    clearInterval(draw);
    const carried = new DataTransfer();
    carried.items.add(new File(parts, "red.webm", { type: "video/webm" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
  });
  await toBe(page, "red.webm", "done");
  const frame = card(page, "red.webm").locator("[data-part=frame]");
  await expect(frame).toBeVisible({ timeout: 20_000 });
  const [red, green] = await frame.evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0, 1, 1);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
  });
  expect(red).toBeGreaterThan(150);
  expect(green).toBeLessThan(80);
});

test("name and title are shown as the server keeps them", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  await toUploads(page, server);
  const path = await film(info.outputPath("films"), `what\u202egpj?${"_and_on".repeat(12)} a day.matroska3d12`, 4 * MB);
  const title = `whatgpj_${"_and_on".repeat(12)} a day`;
  const name = `${title}.matroska3d12`;
  await slow(page, MB);
  await choose(page, path);
  await toBe(page, name, "sending");
  await expect(card(page, name).getByLabel("Title", { exact: true })).toHaveValue(title);
  await toHave(page, name);
  await act(page, name, "Pause").click();
  await page.reload();
  await toBe(page, name, "waiting");
  await expect(card(page, name).getByLabel("Title", { exact: true })).toHaveValue(title);
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide, "nothing sticks out").toBeLessThanOrEqual(room ?? 0);
});
