import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../../helpers/jobs.ts";
import { startWorld, type World } from "../support.ts";
import { launchLater, socketOf, watchBySocket, watchByStream } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld({ env: { GRAPHQL_MAX_COST: "100" } });
});
after(() => world.stop());

for (const [way, watch] of [
  ["WebSocket", watchBySocket],
  ["server-sent events", watchByStream],
] as const) {
  test(`what costs too much is refused when it is asked for, before anything happens, by ${way}`, async () => {
    const of = (first: number) =>
      `subscription { jobChanges { jobs { id dependants(first: ${first}) { nodes { jobId } } dependencies(first: 60) { nodes { jobId } } } } }`;
    const refused = watch(world, world.north.viewer, of(60));
    const taken = watch(world, world.north.viewer, of(40));
    await until(
      async () => refused.errors.length,
      (errors) => errors > 0,
      5_000,
    );
    assert.equal(refused.errors[0]?.extensions?.code, "QUERY_LIMIT");
    assert.match(refused.errors[0]?.message ?? "", /may read 120 rows; at most 100/);
    assert.deepEqual([refused.data, taken.errors, taken.over()], [[], [], false]);
    for (const one of [refused, taken]) one.stop();
  });
}

test("a connection watches a hundred things at once and no more, until it stops watching one", async () => {
  const id = await launchLater(world);
  const client = socketOf(world, `Bearer ${world.north.viewer.token}`);
  const query = "subscription ($id: UUID!) { job(id: $id) { id } }";
  const told = new Set<number>();
  const codes: unknown[] = [];
  const watch = (n: number) =>
    client.subscribe(
      { query, variables: { id } },
      {
        next: () => told.add(n),
        error: (errors) => codes.push((errors as { extensions?: { code?: string } }[])[0]?.extensions?.code),
        complete: () => undefined,
      },
    );
  const stops = Array.from({ length: 100 }, (_, n) => watch(n));
  await until(
    async () => told.size,
    (count) => count === 100,
  );
  watch(100);
  await until(
    async () => codes.length,
    (count) => count === 1,
  );
  assert.deepEqual([codes, told.has(100)], [["QUERY_LIMIT"], false]);
  stops[0]?.();
  watch(101);
  await until(
    async () => told.has(101),
    (yes) => yes,
  );
  assert.equal(codes.length, 1);
  await client.dispose();
});
