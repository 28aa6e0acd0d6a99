// Files that are not taken, not wanted, or there already.
import { expect, expectAccessible, test } from "../fixtures/index.ts";
import { BROKEN, MB, act, card, choose, film, slow, toBe, toHave, toUploads, watch } from "../fixtures/uploads.ts";

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
  await expect(page.locator("[data-part=problem]")).toHaveText("Files with nothing in them were left out.");
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
  await toHave(page, "wrong.mp4", 5);
  await act(page, "wrong.mp4", "Cancel").click();
  await act(page, "wrong.mp4", "Really cancel").click();
  await expect(page.locator(".upload")).toHaveCount(0);
  await expect(page.locator("[data-choose]")).toBeFocused();
  await expect(page.locator("[data-part=said]")).toContainText("wrong.mp4 was cancelled.", { timeout: 30_000 });
  await page.reload();
  await expect(page.locator("[data-part=empty]")).toBeVisible();
  await expect(page.locator(".upload")).toHaveCount(0);
});

test("what is cancelled with its last byte is not kept as a film", async ({ page, server, complaints }, info) => {
  complaints.expect(BROKEN);
  complaints.expect(/status of 403/);
  await toUploads(page, server);
  await slow(page, MB);
  await choose(page, await film(info.outputPath("films"), "too late.mp4", 4 * MB));
  await toHave(page, "too late.mp4");
  // As if its last byte had come just before.
  await page.route("**/uploads/*", async (route) => {
    if (route.request().method() !== "DELETE") return route.continue();
    return route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ code: "upload_finished" }) });
  });
  await act(page, "too late.mp4", "Cancel").click();
  const taken = page.waitForResponse("**/ui/uploads/withdraw");
  await act(page, "too late.mp4", "Really cancel").click();
  expect((await taken).status()).toBe(200);
  await expect(page.locator("[data-part=said]")).toContainText("too late.mp4 was cancelled.");
  await page.reload();
  await expect(page.locator("[data-part=empty]")).toBeVisible();
  await expect(page.locator(".upload")).toHaveCount(0);
});

test("what is pasted into a field stays there", async ({ page, server }, info) => {
  await toUploads(page, server);
  await choose(page, await film(info.outputPath("films"), "pasted.mp4", MB));
  await toBe(page, "pasted.mp4", "done");
  const paste = (kind: "picture" | "text" | "film") =>
    card(page, "pasted.mp4")
      .getByLabel("Description")
      .evaluate((field, kind) => {
        const carried = new DataTransfer();
        if (kind === "text") carried.items.add("a word", "text/plain");
        const bytes = crypto.getRandomValues(new Uint8Array(50_000));
        const type = kind === "film" ? "video/mp4" : "image/png";
        carried.items.add(new File([bytes], kind === "film" ? "copied.mp4" : "image.png", { type }));
        const event = new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true });
        field.dispatchEvent(event);
        return event.defaultPrevented;
      }, kind);
  expect(await paste("picture")).toBe(false);
  expect(await paste("text")).toBe(false);
  expect(await paste("film")).toBe(true);
  await toBe(page, "copied.mp4", "done");
  await expect(page.locator(".upload")).toHaveCount(2);
});
