// The picture of a person: chosen, cut with mouse, fingers and keys, and what is stored of it.
import { expect, expectAccessible, type Page, test } from "../fixtures/index.ts";
import { enter, person } from "../fixtures/people.ts";
import {
  AVIF,
  BLUE,
  type Colour,
  CORNERS,
  encoded,
  expectStored,
  GREEN,
  HEIC,
  type Place,
  quarters,
  RED,
  turned,
  YELLOW,
} from "../fixtures/pictures.ts";
import { somebody, toThePicture } from "../fixtures/registration.ts";

async function choose(page: Page, buffer: Buffer, name = "picture.png", mimeType = "image/png"): Promise<void> {
  await page.locator("[data-part=file]").setInputFiles({ name, mimeType, buffer });
  await expect(page.locator("[data-part=cut]")).toBeVisible();
  await expect(page.locator("[data-part=window]")).toBeFocused();
}

/** Where the picture is cut, in the middle of the screen. */
async function windowBox(page: Page) {
  const cut = page.locator("[data-part=window]");
  await cut.evaluate((element) => element.scrollIntoView({ block: "center" }));
  const box = await cut.boundingBox();
  if (!box) throw new Error("no window");
  return box;
}

async function send(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page).toHaveURL(/\/register\/confirm/);
}

/** What is stored, at every size, has these colours at these places. */
async function stored(page: Page, places: Place[], wanted: Colour[]): Promise<void> {
  await expectStored(page, await page.locator(".ticket .face img").getAttribute("src"), places, wanted);
}

test.beforeEach(async ({ page, complaints }, info) => {
  // axe-core tries to read the picture.
  complaints.expect(/Connecting to 'blob:|blob:.*(refused|violates|ERR_FILE_NOT_FOUND)/i);
  if (/without scripts|settings/.test(info.title)) return;
  await toThePicture(page, somebody("pic"));
});

test("cut with the mouse", async ({ page, hasTouch }) => {
  test.skip(hasTouch, "this window has no wheel");
  await choose(page, await encoded(page, 800, 600, "image/png"));
  const box = await windowBox(page);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  for (let notch = 0; notch < 6; notch += 1) await page.mouse.wheel(0, -100);
  for (let drag = 0; drag < 6; drag += 1) {
    await page.mouse.move(x - box.width * 0.3, y - box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(x + box.width * 0.3, y + box.height * 0.3, { steps: 4 });
    await page.mouse.up();
  }
  await send(page);
  await stored(page, CORNERS, [RED, RED, RED, RED]);
});

test("cut with the keys, and told about", async ({ page }) => {
  await choose(page, await encoded(page, 800, 600, "image/jpeg"), "photo.jpg", "image/jpeg");
  for (let press = 0; press < 8; press += 1) await page.keyboard.press("+");
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
  }
  await expect(page.locator("[data-part=said]")).toContainText("100 % from the left, 100 % from the top");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/register\/confirm/);
  await stored(page, CORNERS, [YELLOW, YELLOW, YELLOW, YELLOW]);
});

test("cut with two fingers", async ({ page, context, hasTouch }) => {
  test.skip(!hasTouch, "this window has no touch screen");
  await choose(page, await encoded(page, 800, 800, "image/webp"), "photo.webp", "image/webp");
  const box = await windowBox(page);
  const screen = await context.newCDPSession(page);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: [number, number][]) =>
    screen.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await touch("touchStart", [x - 20, y], [x + 20, y]);
  for (let step = 1; step <= 6; step += 1) await touch("touchMove", [x - 20 - step * 20, y], [x + 20 + step * 20, y]);
  await touch("touchEnd");
  expect(Number(await page.locator("[data-part=zoom]").inputValue())).toBeGreaterThan(60);
  for (let swipe = 0; swipe < 6; swipe += 1) {
    await touch("touchStart", [x, y]);
    for (let step = 1; step <= 5; step += 1) await touch("touchMove", [x - step * 25, y + step * 25]);
    await touch("touchEnd");
  }
  await send(page);
  await stored(page, CORNERS, [GREEN, GREEN, GREEN, GREEN]);
});

test("the slider zooms, and what is not touched is the middle", async ({ page }) => {
  await choose(page, await encoded(page, 900, 600, "image/png"));
  await expect(page.locator("[data-part=preview]").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Zoom").fill("50");
  await page.getByLabel("Zoom").fill("0");
  await send(page);
  await stored(page, CORNERS, [RED, GREEN, BLUE, YELLOW]);
});

test("a photo is upright, wherever the camera was held", async ({ page }) => {
  await choose(page, turned(await encoded(page, 800, 600, "image/jpeg")), "photo.jpg", "image/jpeg");
  await send(page);
  // A quarter to the right: what was left is on top.
  await stored(page, CORNERS, [BLUE, RED, YELLOW, GREEN]);
});

for (const [name, type, buffer] of [
  ["photo.avif", "image/avif", AVIF],
  ["old.bmp", "image/bmp", quarters(500, 400)],
] as const) {
  test(`what only the browser can show is painted anew: ${name}`, async ({ page }) => {
    await choose(page, buffer, name, type);
    // The server refuses both as they are: see below, without scripts.
    await send(page);
    await stored(page, CORNERS, [RED, GREEN, BLUE, YELLOW]);
  });
}

test("dropped and pasted", async ({ page }) => {
  const bytes = (await encoded(page, 300, 300, "image/png")).toString("base64");
  for (const way of ["drop", "paste"] as const) {
    await page.evaluate(
      ({ bytes, way }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "a.png", { type: "image/png" }));
        const event =
          way === "drop"
            ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector("h1")?.dispatchEvent(event);
      },
      { bytes, way },
    );
    await expect(page.locator("[data-part=cut]")).toBeVisible();
    await page.getByRole("button", { name: "Another one" }).click();
    await expect(page.locator("[data-part=cut]")).toBeHidden();
    await expect(page.getByRole("button", { name: "Choose a picture" })).toBeFocused();
  }
});

test("what is no picture is a sentence", async ({ page }) => {
  const problem = page.locator("[data-part=problem]");
  const file = page.locator("[data-part=file]");
  await file.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a picture at all") });
  await expect(problem).toContainText("cannot show this file as a picture");
  // Safari would show it, this browser does not.
  await file.setInputFiles({ name: "photo.heic", mimeType: "image/heic", buffer: Buffer.alloc(0) });
  await expect(problem).toContainText("The file is empty.");
  await file.setInputFiles({ name: "photo.heic", mimeType: "image/heic", buffer: HEIC });
  await expect(problem).toContainText("cannot show this file as a picture");
  await file.setInputFiles({ name: "empty.png", mimeType: "image/png", buffer: Buffer.alloc(0) });
  await expect(problem).toContainText("The file is empty.");
  await expectAccessible(page);
});

test("a lost connection loses nothing", async ({ page, context, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED/);
  await choose(page, await encoded(page, 400, 400, "image/png"));
  await context.setOffline(true);
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.locator("[data-part=problem]")).toContainText("cannot be reached");
  await context.setOffline(false);
  await send(page);
});

test("a camera that may not be used is a sentence", async ({ page }) => {
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await page.getByRole("button", { name: "Take a photo" }).click();
  await expect(page.locator("[data-part=problem]")).toContainText("may not use the camera");
});

test("a photo of the camera", async ({ page }) => {
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 640;
      canvas.height = 480;
      const brush = canvas.getContext("2d");
      const paint = () => {
        if (!brush) return;
        brush.fillStyle = "rgb(30, 170, 70)";
        brush.fillRect(0, 0, 640, 480);
        requestAnimationFrame(paint);
      };
      paint();
      return Promise.resolve(canvas.captureStream(30));
    };
  });
  await page.getByRole("button", { name: "Take a photo" }).click();
  await expect.poll(() => page.locator("video").evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Take it" }).click();
  await expect(page.locator("[data-part=cut]")).toBeVisible();
  await send(page);
  await stored(page, [[0.5, 0.5]], [GREEN]);
});

test("a picture can be looked at again, and taken away", async ({ page }) => {
  await choose(page, await encoded(page, 400, 400, "image/png"));
  await send(page);
  await page.locator("a[rel=prev]").click();
  await expect(page.locator(".choose .face img")).toBeVisible();
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expect(page.locator(".choose .face svg")).toBeVisible();
  await page.locator(".onward button").first().click();
  await expect(page.locator(".ticket .face svg")).toBeVisible();
});

test("without scripts it is a file field, and the middle is cut out", async ({ noScripts, page }) => {
  await page.goto("/");
  const photo = await encoded(page, 900, 600, "image/png");
  await toThePicture(noScripts, somebody("pic"), false);
  const field = noScripts.getByLabel("Picture", { exact: true });
  const use = noScripts.getByRole("button", { name: "Use this picture" });
  for (const [buffer, sentence] of [
    [Buffer.from("no picture"), "This file is not a picture."],
    [AVIF, "This kind of picture is not supported."],
    [photo.subarray(0, photo.length / 2), "damaged or incomplete"],
  ] as const) {
    await field.setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
    await use.click();
    await expect(noScripts.locator("[data-part=problem]")).toContainText(sentence);
  }
  await field.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: photo });
  await use.click();
  await expect(noScripts).toHaveURL(/\/register\/confirm/);
  const src = await noScripts.locator(".ticket .face img").getAttribute("src");
  // The other browser looks at it: pixels need scripts.
  await expectStored(page, src, CORNERS, [RED, GREEN, BLUE, YELLOW]);
});

for (const scripts of [true, false]) {
  test(`changed and taken away in the settings, scripts ${scripts ? "on" : "off"}`, async ({ page: scripted, noScripts, server }) => {
    const page = scripts ? scripted : noScripts;
    const who = await person(server);
    await enter(page, who);
    await scripted.goto("/");
    const part = page.locator("#picture");
    const face = part.locator(".choose .face img");
    const own = page.locator(".site-header img").first();
    const seen: string[] = [];
    const pictures = [
      { name: "a.png", mimeType: "image/png", buffer: await encoded(scripted, 640, 480, "image/png"), wanted: [RED, GREEN, BLUE, YELLOW] },
      { name: "b.jpg", mimeType: "image/jpeg", buffer: turned(await encoded(scripted, 640, 480, "image/jpeg")), wanted: [BLUE, RED, YELLOW, GREEN] },
    ];
    for (const { wanted, ...file } of pictures) {
      await page.goto("/settings/profile");
      if (scripts) {
        await choose(page, file.buffer, file.name, file.mimeType);
        await part.getByRole("button", { name: "Use this picture" }).click();
      } else {
        await page.locator("#avatar-file").setInputFiles(file);
        await part.getByRole("button", { name: "Use this picture" }).click();
      }
      await expect(page).toHaveURL(/\/settings\/profile$/);
      await expect(face).toBeVisible();
      const src = (await face.getAttribute("src")) ?? "";
      expect(seen).not.toContain(src);
      seen.push(src);
      await expectStored(scripted, src, CORNERS, wanted);
      await expect(own).toHaveAttribute("src", /\.webp$/);
    }
    // The one before is gone.
    await expect.poll(async () => (await page.request.get(seen[0] ?? "")).status()).toBe(404);
    await page.goto(`/@${who.nick}`);
    await expect(page.locator(".profile .face")).toHaveAttribute("src", /\.webp$/);

    await page.goto("/settings/profile");
    await part.getByRole("button", { name: "Remove the picture" }).click();
    await expect(part.locator(".choose .face svg")).toBeVisible();
    await page.goto(`/@${who.nick}`);
    await expect(page.locator(".profile .face")).toHaveAttribute("src", /initials\.svg$/);
  });
}
