import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claimant, shareOut } from "../../src/jobs/keep/shares.ts";

type Some = Partial<Omit<Claimant, "take">> & { room?: number };

/** Shares out among claimants that take up to their room. @returns places of each, in their order */
function share(claimants: readonly Some[], free: number, total: number): number[] {
  const given = claimants.map(() => 0);
  shareOut(
    claimants.map(({ room = Number.POSITIVE_INFINITY, ...some }, index) => ({
      weight: 1,
      deliveries: 0,
      served: 0,
      step: 1,
      ...some,
      take() {
        const had = given[index] ?? 0;
        if (had >= room) return false;
        given[index] = had + 1;
        return true;
      },
    })),
    free,
    total,
  );
  return given;
}

test("one alone gets every place; nobody gets more than there are", () => {
  assert.deepEqual(share([{}], 7, 7), [7]);
  assert.deepEqual(share([], 7, 7), []);
  assert.deepEqual(share([{}, {}], 0, 7), [0, 0]);
});

test("places go by weight, and by what is in flight already", () => {
  assert.deepEqual(
    share(
      [1, 2, 4].map((weight) => ({ weight, step: 1 / weight })),
      14,
      14,
    ),
    [2, 4, 8],
  );
  assert.deepEqual(share([{ deliveries: 4 }, {}], 4, 8), [0, 4]);
});

test("what one cannot use the others get", () => {
  assert.deepEqual(share([{ room: 1 }, {}], 8, 8), [1, 7]);
  assert.deepEqual(share([{ room: 0 }, { room: 2 }, {}], 8, 8), [0, 2, 6]);
});

test("with fewer places than claimants each has its turn", () => {
  const served = Array.from({ length: 10 }, () => 0);
  for (let round = 0; round < 50; round += 1) {
    const given = share(
      served.map((jobs) => ({ served: jobs })),
      2,
      2,
    );
    for (const [index, places] of given.entries()) served[index] = (served[index] ?? 0) + places;
  }
  assert.deepEqual(
    served,
    served.map(() => 10),
  );
});
