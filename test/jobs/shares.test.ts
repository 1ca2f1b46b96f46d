import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claimant, shareOut } from "../../src/jobs/keep/shares.ts";

const claimant = (some: Partial<Claimant> = {}): Claimant => ({
  weight: 1,
  deliveries: 0,
  room: Number.POSITIVE_INFINITY,
  served: 0,
  step: 1,
  ...some,
});

test("one alone gets every place; nobody gets more than there are", () => {
  assert.deepEqual(shareOut([claimant()], 7, 7), [7]);
  assert.deepEqual(shareOut([], 7, 7), []);
  assert.deepEqual(shareOut([claimant(), claimant()], 0, 7), [0, 0]);
});

test("places go by weight, and by what is in flight already", () => {
  assert.deepEqual(
    shareOut(
      [1, 2, 4].map((weight) => claimant({ weight, step: 1 / weight })),
      14,
      14,
    ),
    [2, 4, 8],
  );
  assert.deepEqual(shareOut([claimant({ deliveries: 4 }), claimant()], 4, 8), [0, 4]);
});

test("what one cannot use the others get", () => {
  assert.deepEqual(shareOut([claimant({ room: 1 }), claimant()], 8, 8), [1, 7]);
});

test("with fewer places than claimants each has its turn", () => {
  const all = Array.from({ length: 10 }, () => claimant());
  const had = all.map(() => 0);
  for (let round = 0; round < 50; round += 1) {
    for (const [index, given] of shareOut(all, 2, 2).entries()) {
      had[index] = (had[index] ?? 0) + given;
      const one = all[index];
      if (one !== undefined) one.served += given;
    }
  }
  assert.deepEqual(
    had,
    all.map(() => 10),
  );
});
