import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { issueToken } from "../../../src/tenancy/index.ts";
import { until } from "../../helpers/jobs.ts";
import { suspend } from "../../helpers/organization.ts";
import { fieldOf, type Person, startWorld, type World } from "../support.ts";
import { changeNote, launchLater, watchBySocket, watchByStream } from "./support.ts";

let world: World;
let id: string;
before(async () => {
  world = await startWorld();
  id = await launchLater(world);
});
after(() => world.stop());

const query = "subscription ($id: UUID!) { job(id: $id) { id progressNote } }";
type Job = { job: { id: string; progressNote: string | null } };

/**
 * Two who watch by the same credentials, one by each way, see the job; then something ends their right to, and both are
 * told so within two seconds, by this code, and see nothing of what comes after.
 */
async function ends(
  credentials: string,
  how: () => Promise<unknown>,
  { code, closed }: { code: string; closed: number },
): Promise<number> {
  const who: Person = { ...world.north.viewer, token: credentials };
  const socket = watchBySocket<Job>(world, `Bearer ${credentials}`, query, { id });
  const stream = watchByStream<Job>(world, who, query, { id });
  await Promise.all([socket, stream].map((one) => one.seen(({ job }) => job.id === id)));
  await how();
  const endedAt = performance.now();
  await until(
    async () => [socket.closed() !== undefined, stream.over()],
    ([one, other]) => one === true && other === true,
    10_000,
  );
  const tookMs = performance.now() - endedAt;
  const seen = [socket.data.length, stream.data.length];
  await changeNote(world, id, `after ${code}`);
  const beside = watchBySocket<Job>(world, world.north.viewer, query, { id });
  await until(
    async () => beside.data.length > 0 || beside.errors.length > 0 || beside.closed() !== undefined,
    (yes) => yes,
  );
  for (const one of [socket, stream, beside]) one.stop();
  assert.equal(socket.closed()?.code, closed);
  assert.match(socket.closed()?.reason ?? "", new RegExp(`^${code}: `));
  assert.deepEqual(
    stream.errors.map(({ extensions }) => extensions?.code),
    [code],
  );
  assert.deepEqual([socket.data.length, stream.data.length], seen);
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  return tookMs;
}

test("a key that is revoked ends what is watched by it", async (t) => {
  const made = await world.graphql(
    world.north.owner,
    'mutation { createApiKey(input: { name: "live", role: "viewer" }) { result { id secret } } }',
  );
  const { result: key } = fieldOf(made.data, "createApiKey") as { result: { id: string; secret: string } };
  const revoke = async () => {
    const { errors } = await world.graphql(
      world.north.owner,
      `mutation { revokeApiKey(input: { id: "${key.id}" }) { clientMutationId } }`,
    );
    assert.deepEqual(errors, []);
  };
  const tookMs = await ends(key.secret, revoke, { code: "UNAUTHENTICATED", closed: 4403 });
  t.diagnostic(`${tookMs.toFixed(0)} ms`);
});

test("a token that expires ends what is watched by it", async (t) => {
  const { userId, organizationId } = world.north.viewer;
  // A token's time is in whole seconds.
  const expiresAt = (Math.floor(Date.now() / 1_000) + 3) * 1_000;
  const token = await issueToken(world.settings, { userId, organizationId, expiresIn: 3 });
  const expire = async () => {
    await until(
      async () => Date.now(),
      (now) => now >= expiresAt,
    );
  };
  const tookMs = await ends(token, expire, { code: "TOKEN_EXPIRED", closed: 4401 });
  t.diagnostic(`${tookMs.toFixed(0)} ms`);
});

test("an organization that is suspended ends what its members watch", async (t) => {
  const tookMs = await ends(world.north.viewer.token, () => suspend(world.db, world.north.id), {
    code: "ORGANIZATION_INACTIVE",
    closed: 4403,
  });
  t.diagnostic(`${tookMs.toFixed(0)} ms`);
});
