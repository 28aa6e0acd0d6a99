// What somebody wants to hear about: ids of videos and jobs, what is their own, and how that
// becomes addresses.

/** The server takes this many ids on one stream. */
export const PER_STREAM = 100;

/**
 * `mine`: one's own uploads and videos. The session says whose they are, and they come on every
 * stream.
 *
 * @typedef {{ videos?: Iterable<string>, jobs?: Iterable<string>, mine?: boolean }} Asked
 * @typedef {{ videos: Set<string>, jobs: Set<string>, mine: boolean }} Topics
 */

/** @param {Asked} asked @returns {Topics} */
export function topics({ videos = [], jobs = [], mine = false } = {}) {
  const clean = (ids) => new Set([...ids].map((id) => String(id).trim()).filter(Boolean));
  return { videos: clean(videos), jobs: clean(jobs), mine: mine === true };
}

/** @param {Topics} all */
export const isEmpty = (all) => all.videos.size === 0 && all.jobs.size === 0 && !all.mine;

/** @param {Iterable<Topics>} many @returns {Topics} */
export function union(many) {
  const all = topics();
  for (const one of many) {
    for (const id of one.videos) all.videos.add(id);
    for (const id of one.jobs) all.jobs.add(id);
    all.mine ||= one.mine;
  }
  return all;
}

/** @param {Topics} whole @param {Topics} part */
export function covers(whole, part) {
  const all = (of, ids) => [...ids].every((id) => of.has(id));
  return all(whole.videos, part.videos) && all(whole.jobs, part.jobs) && (whole.mine || !part.mine);
}

/** Whether who asked for these topics hears this. What is for a person concerns all their pages. */
export function concerns(asked, event) {
  switch (event.type) {
    case "job":
      return asked.jobs.has(event.id) || asked.videos.has(event.video);
    case "notice":
      return true;
    case "upload":
      return asked.mine;
    case "video":
    case "progress":
      return asked.mine || asked.videos.has(event.id);
    default:
      // A newer server's word about a video.
      return asked.videos.has(event.video ?? event.id);
  }
}

/** The part of a snapshot that concerns these topics. */
export function partOf(snapshot, asked) {
  const { uploads = [], ...rest } = snapshot;
  const jobs = (snapshot.jobs ?? []).filter((job) => concerns(asked, { ...job, type: "job" }));
  return { ...rest, jobs, ...(asked.mine && { uploads }), type: "snapshot" };
}

/**
 * The same topics always give the same addresses.
 * @param {Topics} all @returns {string[]}
 */
export function addresses(all) {
  const asked = [
    ...[...all.videos].sort().map((id) => ["videos", id]),
    ...[...all.jobs].sort().map((id) => ["jobs", id]),
  ];
  const found = asked.length === 0 && all.mine ? ["/events"] : [];
  for (let at = 0; at < asked.length; at += PER_STREAM) {
    const part = asked.slice(at, at + PER_STREAM);
    const list = (key) => part.filter(([of]) => of === key).map(([, id]) => encodeURIComponent(id));
    const query = ["videos", "jobs"]
      .map((key) => [key, list(key).join(",")])
      .filter(([, ids]) => ids !== "")
      .map(([key, ids]) => `${key}=${ids}`);
    found.push(`/events?${query.join("&")}`);
  }
  return found;
}
