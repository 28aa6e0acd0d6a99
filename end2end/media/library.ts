// One server and one set of videos for all tests of a worker.
import { test as base } from "../fixtures/index.ts";
import { Library } from "./videos.ts";

export { expect } from "../fixtures/index.ts";

export const test = base.extend<object, { library: Library }>({
  library: [
    async ({ server }, use) => {
      const library = await Library.open(server);
      await use(library);
      await library.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});
