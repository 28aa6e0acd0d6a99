// Uploads with scripts off.
import { expect, test } from "../fixtures/index.ts";
import { enter, person } from "../fixtures/people.ts";
import { BROKEN, MB, act, choose, film, isStored, slow, toBe, toHave } from "../fixtures/uploads.ts";

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
  await toHave(page, "half.mp4");
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

test("with scripts off, what was refused is not said to have arrived", async ({ noScripts: page, server }, info) => {
  await enter(page, await person(server));
  await page.goto("/upload");
  await page.getByLabel("Files", { exact: true }).setInputFiles(await film(info.outputPath("films"), "first.mp4", MB));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page).toHaveURL(/\/upload\?sent=/);
  await page.goto(`${page.url()}&refused=upload_too_large`);
  await expect(page.locator("main")).toContainText("This file is larger than this server takes.");
  await expect(page.locator("main")).toContainText("These have arrived");
  await expect(page.locator("main")).not.toContainText("Everything has arrived");
});
