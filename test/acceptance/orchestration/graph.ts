import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { launchBatch } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import { seeded } from "../../faults/random.ts";
import { makeOrganization } from "../../helpers/organization.ts";
import { startFleet } from "./fleet.ts";

const size = 1_000;
const longestMs = 60_000;

type Node = { name: string; dependsOn: string[]; ifFailed: "cancel" | "go on"; fails: boolean };
type Ended = { name: string; state: string; code: string | null; startedAt: Date | null; finishedAt: Date };

/** Line 3: a graph of a thousand jobs with dependencies, failures and policies that a seed decides. */
export async function randomGraph(): Promise<string> {
  const seed = Number(process.env.ROWLOCK_SEED ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  const nodes: Node[] = [];
  for (let n = 0; n < size; n += 1) {
    const before = Math.min(n, random.whole(0, 4));
    nodes.push({
      name: `n${n}`,
      dependsOn: [...new Set(Array.from({ length: before }, () => `n${random.whole(0, n - 1)}`))],
      ifFailed: random.chance(0.5) ? "go on" : "cancel",
      fails: random.chance(0.03),
    });
  }
  await using fleet = await startFleet(2);
  const { db } = fleet;
  const { member } = await makeOrganization(db, { role: "member" });
  const launch = (list: readonly Node[]) =>
    withTenant(db.pool("api"), member, (tx) =>
      launchBatch(tx, {
        jobs: list.map(({ fails, ...node }) => ({
          ...node,
          task: "child",
          payload: { text: node.name, fails },
        })),
      }),
    );
  const began = performance.now();
  await launch(random.shuffled(nodes));
  let ended: Ended[] = [];
  while (ended.length < size) {
    assert.ok(performance.now() - began < longestMs, `only ${ended.length} ended (seed ${seed})`);
    await sleep(100);
    const { rows } = await db.pool("admin").query<Ended>(
      `select j.payload ->> 'text' as name, e.state, e.error_code as code, e.started_at as "startedAt",
              e.finished_at as "finishedAt"
       from rowlock.job_end e join rowlock.job j on j.organization_id = e.organization_id and j.id = e.id`,
    );
    ended = rows;
  }
  const seconds = (performance.now() - began) / 1_000;

  const found = new Map(ended.map((one) => [one.name, one]));
  assert.equal(found.size, size);
  const states = new Map<string, string>();
  let late = 0;
  for (const { name, dependsOn, ifFailed, fails } of nodes) {
    const stops = ifFailed === "cancel" && dependsOn.some((one) => states.get(one) !== "succeeded");
    states.set(name, stops ? "cancelled" : fails ? "failed" : "succeeded");
    const { state, code, startedAt } = found.get(name) ?? assert.fail(name);
    assert.equal(state, states.get(name), `${name} (seed ${seed})`);
    if (state === "cancelled") assert.equal(code, "DEPENDENCY_FAILED");
    for (const one of dependsOn) {
      const before = found.get(one)?.finishedAt ?? assert.fail(one);
      if (startedAt !== null && startedAt.getTime() < Math.floor(before.getTime())) late += 1;
    }
  }
  assert.equal(late, 0, `${late} jobs began before one they depend on had ended (seed ${seed})`);

  const [first, ...rest] = nodes;
  assert.ok(first);
  await assert.rejects(launch([{ ...first, dependsOn: ["n999"] }, ...rest.slice(0, -1), chain(999, "n0")]), {
    code: "INVALID_ARGUMENT",
  });
  const count = (state: string) => [...states.values()].filter((one) => one === state).length;
  return `${size} jobs over in ${seconds.toFixed(1)} s: ${count("succeeded")} succeeded, ${count("failed")} failed, ${count("cancelled")} cancelled with what they depend on; order and policies as meant; a circle refused (seed ${seed})`;
}

function chain(n: number, before: string): Node {
  return { name: `n${n}`, dependsOn: [before], ifFailed: "cancel", fails: false };
}
