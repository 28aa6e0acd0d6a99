// The picture of a person: chosen, cut with mouse, fingers and keys, and what is stored of it.
import { expect, expectAccessible, islandsAwake, type Page, test } from "../fixtures/index.ts";

type Colour = [number, number, number];

const RED: Colour = [220, 30, 40];
const GREEN: Colour = [30, 170, 70];
const BLUE: Colour = [40, 70, 220];
const YELLOW: Colour = [240, 210, 40];

let last = 0;

/** At the step of the picture. */
async function toThePicture(page: Page, ready = islandsAwake): Promise<void> {
  last += 1;
  const nick = `pic${process.pid % 1000}x${last}${Date.now() % 100_000}`;
  await page.goto("/register");
  await ready(page);
  await page.locator("#email").fill(`${nick}@example.org`);
  await page.locator(".onward button").click();
  await expect(page).toHaveURL(/\/register\/nick/);
  await ready(page);
  await page.locator("#nick").fill(nick);
  await page.locator(".onward button").click();
  await expect(page).toHaveURL(/\/register\/password/);
  await ready(page);
  await page.locator("#password").fill("lantern-orbit-mackerel-9");
  await page.locator(".onward button").click();
  await expect(page).toHaveURL(/\/register\/avatar/);
}

/** A BMP with a colour in each quarter: red, green / blue, yellow. Browsers show it; the server does not take it. */
function quarters(width: number, height: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bmp = Buffer.alloc(54 + row * height);
  bmp.write("BM");
  bmp.writeUInt32LE(bmp.length, 2);
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(width, 18);
  bmp.writeInt32LE(height, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const top = y < height / 2;
      const left = x < width / 2;
      const [r, g, b] = top ? (left ? RED : GREEN) : left ? BLUE : YELLOW;
      // Rows go from the bottom up.
      bmp.set([b, g, r], 54 + (height - 1 - y) * row + x * 3);
    }
  }
  return bmp;
}

/** The same picture as the browser writes it. */
async function encoded(page: Page, width: number, height: number, type: string): Promise<Buffer> {
  const source = quarters(width, height).toString("base64");
  const bytes = await page.evaluate(
    async ({ source, type }) => {
      const image = new Image();
      image.src = `data:image/bmp;base64,${source}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      return canvas.toDataURL(type, 0.95).split(",")[1] ?? "";
    },
    { source, type },
  );
  return Buffer.from(bytes, "base64");
}

/** A JPEG that says: turn me a quarter to the right. */
function turned(jpeg: Buffer): Buffer {
  const exif = Buffer.from("4578696600004d4d002a00000008000101120003000000010006000000000000", "hex");
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

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

/** The colours of the stored picture at these places, 0 to 1. */
async function stored(page: Page, ...places: [number, number][]): Promise<Colour[]> {
  const src = (await page.locator(".ticket .face img").getAttribute("src")) ?? "";
  const whole = src.replace("-192.webp", "-512.webp");
  const answer = await page.request.get(whole);
  expect(answer.headers()["content-type"]).toBe("image/webp");
  expect(answer.headers()["cache-control"]).toContain("immutable");
  expect((await answer.body()).length).toBeLessThanOrEqual(40 * 1024);
  return page.evaluate(
    async ({ whole, places }) => {
      const image = new Image();
      image.src = whole;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      const brush = canvas.getContext("2d");
      if (!brush || image.naturalWidth !== 512 || image.naturalHeight !== 512) throw new Error("not 512 × 512");
      brush.drawImage(image, 0, 0);
      return places.map(([x, y]) => [...brush.getImageData(x * 511, y * 511, 1, 1).data.slice(0, 3)] as [number, number, number]);
    },
    { whole, places },
  );
}

function expectColours(found: Colour[], wanted: Colour[]): void {
  found.forEach((colour, at) => {
    const far = Math.max(...colour.map((value, channel) => Math.abs(value - (wanted[at]?.[channel] ?? -999))));
    expect(far, `place ${at} is ${colour.join(",")}, not ${wanted[at]?.join(",")}`).toBeLessThan(28);
  });
}

const CORNERS: [number, number][] = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.1, 0.9],
  [0.9, 0.9],
];

test.beforeEach(async ({ page, complaints }, info) => {
  // Answers that a form was refused are errors to the console.
  complaints.expect(/status of 4(13|22|15)/);
  // axe-core tries to read the picture.
  complaints.expect(/Connecting to 'blob:|blob:.*(refused|violates|ERR_FILE_NOT_FOUND)/i);
  if (info.title.includes("without scripts")) return;
  await toThePicture(page);
  await islandsAwake(page);
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
  expectColours(await stored(page, ...CORNERS), [RED, RED, RED, RED]);
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
  expectColours(await stored(page, ...CORNERS), [YELLOW, YELLOW, YELLOW, YELLOW]);
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
  expectColours(await stored(page, ...CORNERS), [GREEN, GREEN, GREEN, GREEN]);
});

test("the slider zooms, and what is not touched is the middle", async ({ page }) => {
  await choose(page, await encoded(page, 900, 600, "image/png"));
  await expect(page.locator("[data-part=preview]").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Zoom").fill("50");
  await page.getByLabel("Zoom").fill("0");
  await send(page);
  expectColours(await stored(page, ...CORNERS), [RED, GREEN, BLUE, YELLOW]);
});

test("a photo is upright, wherever the camera was held", async ({ page }) => {
  await choose(page, turned(await encoded(page, 800, 600, "image/jpeg")), "photo.jpg", "image/jpeg");
  await send(page);
  // A quarter to the right: what was left is on top.
  expectColours(await stored(page, ...CORNERS), [BLUE, RED, YELLOW, GREEN]);
});

test("what only the browser can show is painted anew", async ({ page }) => {
  await choose(page, quarters(500, 400), "old.bmp", "image/bmp");
  await send(page);
  expectColours(await stored(page, ...CORNERS), [RED, GREEN, BLUE, YELLOW]);
});

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
  await expect(problem).toContainText("no picture that your browser can show");
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
  expectColours(await stored(page, [0.5, 0.5]), [GREEN]);
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
  await toThePicture(noScripts, async () => {});
  const field = noScripts.getByLabel("Picture", { exact: true });
  const use = noScripts.getByRole("button", { name: "Use this picture" });
  await field.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await use.click();
  await expect(noScripts.locator("[data-part=problem]")).toContainText("This file is no picture.");
  await field.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: photo.subarray(0, photo.length / 2) });
  await use.click();
  await expect(noScripts.locator("[data-part=problem]")).toContainText("damaged or incomplete");
  await field.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: photo });
  await use.click();
  await expect(noScripts).toHaveURL(/\/register\/confirm/);
  const src = await noScripts.locator(".ticket .face img").getAttribute("src");
  // The other browser looks at it: pixels need scripts.
  await page.setContent(`<p class="ticket"><span class="face"><img src="${src}"></span></p>`);
  expectColours(await stored(page, ...CORNERS), [RED, GREEN, BLUE, YELLOW]);
});
