import assert from "node:assert/strict";
import { type Client, ended, type Run } from "../spine/client.ts";

const longestRunMs = 400_000;

export type Timed = { run: Run; seconds: string };

/** Launches a run and waits for its end. */
export async function timed(client: Client, launch: () => Promise<string>): Promise<Timed> {
  const began = performance.now();
  const run = await ended(client, await launch(), longestRunMs);
  return { run, seconds: ((performance.now() - began) / 1_000).toFixed(1) };
}

/** Judges the outputs of a run again, by one metric. */
export async function rescore(
  client: Client,
  runId: string,
  metric: { kind: string; parameters?: object },
): Promise<Timed> {
  const post = async (path: string, body: object) =>
    ((await client.rest("POST", path, body)) as { id: string }).id;
  const metricId = await post("/api/metrics", { name: `a ${metric.kind}`, ...metric });
  const made = await timed(client, () => post(`/api/test-runs/${runId}/rescore`, { metricIds: [metricId] }));
  const { state, total, errored } = made.run;
  assert.deepEqual([state, total, errored], ["completed", 1_319, 0]);
  return made;
}
