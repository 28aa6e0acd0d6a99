// Registration by somebody who has no mouse: every step, a suggestion, and the picture.
import { codeFor } from "../fixtures/mail.ts";
import { expect, islandsAwake, type Page, test } from "../fixtures/index.ts";
import { person } from "../fixtures/people.ts";
import { BLUE, CORNERS, encoded, expectStored, GREEN, RED, YELLOW } from "../fixtures/pictures.ts";
import { arrived, at, code, email, errorOf, isIn, nick, open, password, PASSWORD, somebody } from "../fixtures/registration.ts";

const LANGUAGES = [
  { locale: "en-US", required: "Please fill this in.", taken: "This is taken already.", said: /100 % from the left, 100 % from the top/ },
  { locale: "ru-RU", required: "Заполните это поле.", taken: "Уже занято.", said: /слева 100 %, сверху 100 %/ },
  { locale: "uk-UA", required: "Заповніть це поле.", taken: "Уже зайнято.", said: /зліва 100 %, згори 100 %/ },
];

/** Presses Tab until something has the focus, and says so if it never does. */
async function tabTo(page: Page, selector: string, key = "Tab"): Promise<void> {
  const place = page.locator(selector).first();
  for (let press = 0; press < 12; press += 1) {
    await page.keyboard.press(key);
    if (await place.evaluate((element) => element === document.activeElement)) return;
  }
  await expect(place, `${key} does not lead to ${selector}`).toBeFocused();
}

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    for (const { locale, required, taken, said } of LANGUAGES) {
      test.describe(locale, () => {
        test.use({ locale });

        test("the whole way by keyboard alone", async ({ page: scripted, noScripts, server, complaints }) => {
          test.slow();
          complaints.expect(/status of 422/);
          const page = scripts ? scripted : noScripts;
          const press = (key: string) => page.keyboard.press(key);
          const [who, other] = [somebody(), await person(server, { nick: somebody("eve").nick })];
          await scripted.goto("/");
          const photo = await encoded(scripted, 800, 600, "image/png");

          await open(page, "/register", scripts);
          await expect(email(page)).toBeFocused();
          await press("Enter");
          await expect(errorOf(page, "email")).toHaveText(required);
          await expect(email(page)).toBeFocused();
          await page.keyboard.type(who.email);
          await press("Enter");
          await arrived(page, "nick", scripts);

          // A name first, then a nick that is taken: one of those that are free is chosen.
          await expect(nick(page)).toBeFocused();
          await press("Tab");
          await expect(page.locator("#name")).toBeFocused();
          await page.keyboard.type("Ада");
          await press("Shift+Tab");
          await expect(nick(page)).toBeFocused();
          await page.keyboard.type(other.nick);
          if (!scripts) await press("Enter");
          await expect(errorOf(page, "nick")).toHaveText(taken);
          await expect(nick(page)).toBeFocused();
          const suggestion = page.locator(".suggestions button").first();
          await expect(suggestion).toBeVisible();
          const free = await suggestion.innerText();
          await tabTo(page, ".suggestions button");
          await press("Enter");
          if (scripts) {
            await expect(nick(page)).toBeFocused();
            await expect(nick(page)).toHaveValue(free);
            await press("Enter");
          }
          await arrived(page, "password", scripts);

          await expect(password(page)).toBeFocused();
          await press("Enter");
          await expect(errorOf(page, "password")).toHaveText(required);
          await expect(password(page)).toBeFocused();
          await page.keyboard.type(PASSWORD);
          await press("Enter");
          await arrived(page, "avatar", scripts);

          const file = { name: "photo.png", mimeType: "image/png", buffer: photo };
          if (scripts) {
            await tabTo(page, "[data-act=choose]", "Shift+Tab");
            const chooser = page.waitForEvent("filechooser");
            await press("Enter");
            await (await chooser).setFiles(file);
            await expect(page.locator("[data-part=window]")).toBeFocused();
            for (let times = 0; times < 8; times += 1) await press("+");
            for (let times = 0; times < 60; times += 1) {
              await press("ArrowRight");
              await press("ArrowDown");
            }
            await expect(page.locator("[data-part=said]")).toHaveText(said);
            await press("Enter");
          } else {
            await tabTo(page, "#avatar-file", "Shift+Tab");
            // The browser's own dialog is opened by Space; here it is answered at once.
            await page.locator("#avatar-file").setInputFiles(file);
            await expect(page.locator("#avatar-file")).toBeFocused();
            await tabTo(page, ".without-scripts button");
            await press("Enter");
          }
          await expect(page).toHaveURL(at("confirm"));
          if (scripts) await islandsAwake(page);
          await expect(page.locator(".ticket")).toContainText("Ада");
          await expect(page.locator(".ticket")).toContainText(`@${free}`);
          const src = await page.locator(".ticket .face img").getAttribute("src");

          await expect(code(page)).toBeFocused();
          await page.keyboard.type(await codeFor(server, who.email));
          await press("Enter");
          await isIn(page);
          await expectStored(scripted, src, CORNERS, scripts ? [YELLOW, YELLOW, YELLOW, YELLOW] : [RED, GREEN, BLUE, YELLOW]);
        });
      });
    }
  });
}

test("without a picture the keyboard goes on by Enter", async ({ page }) => {
  const who = somebody();
  await open(page, "/register");
  await page.keyboard.type(who.email);
  await page.keyboard.press("Enter");
  await arrived(page, "nick");
  await page.keyboard.type(who.nick);
  await page.keyboard.press("Enter");
  await arrived(page, "password");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await arrived(page, "avatar");
  await page.keyboard.press("Enter");
  await arrived(page, "confirm");
  await expect(code(page)).toBeFocused();
});
