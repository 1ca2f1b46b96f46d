import { createHash, randomBytes } from "node:crypto";

/** One of the two organizations of the suite. */
export type Side = {
  /** In every text of its rows that can carry it. */
  canary: string;
  id: string;
  users: { owner: string; member: string; viewer: string };
  apiKey: { id: string; secret: string; hash: Buffer };
  /** An unfinished job, its task and its fence. */
  live: { id: string; task: string; fence: number };
  /** Ids of rows that functions are attacked with. */
  ids: Record<Named, string>;
  /** Whatever holds one of these belongs to this organization. */
  marks: string[];
};

const named = [
  "ended",
  "endpoint",
  "metric",
  "spareMetric",
  "model",
  "usage",
  "set",
  "test",
  "spareTest",
  "configuration",
  "run",
  "result",
  "openResult",
  "openJob",
  "note",
  "batch",
  "schedule",
  "secret",
  "target",
  "draft",
] as const;
type Named = (typeof named)[number];

/** What shared rows, which everybody may read, carry. */
export const everyone = "canary-everyone";

export function makeSide(name: string): Side {
  const canary = `canary-${name}-${randomBytes(4).toString("hex")}`;
  const secret = `rlk_${canary.replaceAll("-", "")}_${randomBytes(32).toString("hex")}`;
  const users = { owner: newId(), member: newId(), viewer: newId() };
  const id = newId();
  return {
    canary,
    id,
    users,
    apiKey: { id: newId(), secret, hash: createHash("sha256").update(secret).digest() },
    live: { id: newId(), task: canary, fence: 7 },
    ids: Object.fromEntries(named.map((one) => [one, newId()])) as Record<Named, string>,
    marks: [canary, id, ...Object.values(users), secret],
  };
}

/** A uuid version 7 of this moment, so that rows fall into the partition of this week. */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const random = randomBytes(9).toString("hex");
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${random.slice(0, 3)}`,
    `8${random.slice(3, 6)}`,
    random.slice(6),
  ].join("-");
}
