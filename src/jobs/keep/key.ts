/** A place in a queue: run_at (text, to the microsecond, in UTC), id. */
export type Key = { runAt: string; id: string };

/** Before every key there can be. */
export const front: Key = { runAt: "-infinity", id: "00000000-0000-0000-0000-000000000000" };

/** Less than 0 when the first comes before the second. */
export function compareKeys(one: Key, other: Key): number {
  if (one.runAt === other.runAt) return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
  if (one.runAt === "-infinity") return -1;
  // Postgres drops zeros at the end of a second's fraction; "+", with which the zone begins, sorts before a digit.
  return other.runAt === "-infinity" || one.runAt > other.runAt ? 1 : -1;
}

/** Ids are unique, so one less in the last digits is behind no other job of this moment that matters. */
export function justBefore({ runAt, id }: Key): Key {
  const digits = BigInt(`0x${id.replaceAll("-", "")}`) - 1n;
  const hex = digits.toString(16).padStart(32, "0");
  return {
    runAt,
    id: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-"),
  };
}
