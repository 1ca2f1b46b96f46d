/**
 * How the jobs of a bundle share its transaction:
 * - overlapping: the next begins as soon as the one before has sent its first statements, so that many go out in one
 *   write. The database sees them one after the other: a job that then has more to send is refused, as it would come too
 *   late;
 * - in turn: the next begins when the one before has ended;
 * - alone: in turn, each behind a savepoint, so that one that fails is undone and the others stand.
 */
export type Manner = "overlapping" | "in turn" | "alone";

/** Thrown when the manner does not do for a bundle; everything was rolled back. */
export class NotThisWay extends Error {
  readonly why: "one failed" | "more to send";

  constructor(why: "one failed" | "more to send") {
    super(`A bundle runs again in another manner: ${why}.`);
    this.why = why;
  }
}

/** So many bundles of a task go without trying the quicker way: failures come in company, and what a task sends is its nature. */
const forBundles = { "one failed": 20, "more to send": 1_000 };
const left = { "one failed": new Map<string, number>(), "more to send": new Map<string, number>() };

export function mannerOf(task: string): Manner {
  if (countDown(left["one failed"], task)) return "alone";
  return countDown(left["more to send"], task) ? "in turn" : "overlapping";
}

export function takeNote(task: string, { why }: NotThisWay): void {
  left[why].set(task, forBundles[why]);
}

function countDown(bundles: Map<string, number>, task: string): boolean {
  const n = bundles.get(task) ?? 0;
  if (n > 0) bundles.set(task, n - 1);
  return n > 0;
}
