// Waiting until it makes sense to try again: so long, or until the network is back, or until
// somebody looks.

/** Some browsers say that they are offline when they are not. */
const OFFLINE = 60_000;

const resting = new Set();

/** Waits so long, or until there is no reason to. */
export function rest(ms, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      resting.delete(end);
      signal?.removeEventListener("abort", end);
      done();
    };
    // Without a network, trying would only drain the battery.
    const timer = setTimeout(end, navigator.onLine === false ? Math.max(ms, OFFLINE) : ms);
    signal?.addEventListener("abort", end);
    resting.add(end);
  });
}

/** No reason to wait any longer. */
export function hurry() {
  for (const end of [...resting]) end();
}

addEventListener("online", hurry);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && navigator.onLine !== false) hurry();
});
