import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken } from "../../src/tenancy/index.ts";
import { type Watched, watchBySocket, watchByStream } from "../api/live/support.ts";
import type { Person, World } from "../api/support.ts";
import { until } from "../helpers/jobs.ts";
import type { Battlefield } from "./http/battlefield.ts";
import { markIn } from "./report.ts";

const changes = "subscription { jobChanges { resync jobs { id task state payload result errorMessage } } }";
const settleMs = 400;

const over = (watched: Watched<unknown>) =>
  until(
    async () => watched.over() || watched.closed() !== undefined,
    (yes) => yes,
    5_000,
  );

/** Another organization's ids at every field that takes one, by both ways. @returns how many were tried */
export async function foreignIds(field: Battlefield, north: Person): Promise<number> {
  const { world, arena } = field;
  const { south } = arena;
  const ids = [south.id, south.live.id, south.apiKey.id, ...Object.values(south.ids)];
  const { data } = await world.graphql(
    north,
    '{ __type(name: "Subscription") { fields { name args { name } } } }',
  );
  const { fields } = (data as { __type: { fields: { name: string; args: { name: string }[] }[] } }).__type;
  const byId = fields.filter(({ args }) => args.some(({ name }) => name === "id"));
  assert.ok(byId.length >= 3, "job, batch and testRun at least");
  let tried = 0;
  for (const { name } of byId) {
    for (const id of ids) {
      for (const watch of [watchBySocket, watchByStream]) {
        const watched = watch(world, north, `subscription ($id: UUID!) { ${name}(id: $id) { id } }`, { id });
        await over(watched);
        watched.stop();
        assert.deepEqual(watched.data, [], `${name} ${id}`);
        assert.equal(watched.errors[0]?.extensions?.code, "NOT_FOUND", `${name} ${id}`);
        // The id that was asked for may be named again.
        const told = JSON.stringify(watched.errors).replaceAll(id, "");
        assert.equal(markIn(told, south.marks), undefined);
        tried += 1;
      }
    }
  }
  return tried;
}

/** What happens to another organization's jobs is told to nobody else. */
export async function foreignChanges(field: Battlefield, north: Person, south: Person): Promise<void> {
  const { world, arena } = field;
  const mine = watchBySocket(world, north, changes);
  const theirs = watchBySocket(world, south, changes);
  await sleep(settleMs);
  await world.graphql(
    south,
    `mutation { cancelJob(input: { id: "${arena.south.live.id}" }) { job { id } } }`,
  );
  await until(
    async () => theirs.data.length,
    (count) => count > 0,
    5_000,
  );
  await sleep(settleMs);
  assert.equal(markIn(JSON.stringify(mine.data), arena.south.marks), undefined);
  assert.deepEqual(mine.data, []);
  mine.stop();
  theirs.stop();
}

/** Nobody is let in by credentials that HTTP refuses; a role that a token claims is no role. */
export async function credentials(world: World, north: Person): Promise<void> {
  const [head = "", body = ""] = north.token.split(".");
  for (const header of [undefined, "Bearer nothing", `Bearer ${head}.${body}.forged`, "rlk_00000000_0"]) {
    const watched = watchBySocket(world, header, changes);
    await over(watched);
    watched.stop();
    assert.deepEqual(watched.data, []);
    assert.ok([4401, 4403].includes(watched.closed()?.code ?? 0), `${header}: ${watched.closed()?.code}`);
  }
}

/** A member removed while watching. @returns after how many milliseconds the connection was closed */
export async function removedWhileWatching(world: World, owner: Person): Promise<number> {
  const email = `gone-${Date.now()}@north.example`;
  const { data } = await world.graphql(
    owner,
    `mutation { addMember(input: { email: "${email}", role: "viewer" }) { result } }`,
  );
  const { result: userId } = (data as { addMember: { result: string } }).addMember;
  const { organizationId } = owner;
  const token = await issueToken(world.settings, { userId, organizationId, expiresIn: "1h" });
  const watched = watchBySocket(world, `Bearer ${token}`, changes);
  await sleep(settleMs);
  await world.graphql(owner, `mutation { removeMember(input: { userId: "${userId}" }) { result } }`);
  const removedAt = performance.now();
  await over(watched);
  const tookMs = performance.now() - removedAt;
  const seen = watched.data.length;
  await world.graphql(
    owner,
    'mutation { launchJob(input: { task: "greet", payload: { name: "after" } }) { job { id } } }',
  );
  await sleep(2 * settleMs);
  watched.stop();
  assert.equal(watched.closed()?.code, 4403);
  assert.equal(watched.data.length, seen);
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  return tookMs;
}
