import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { reply, serveBot } from "../../evals/bot.ts";
import { type Client, ended, execute, newClient, setUp } from "../spine/client.ts";
import { type Scene, startScene } from "./scene.ts";

const tests = 1_319;
const answerMs = 50;
const longestRunMs = 180_000;
/** Of the ideal: all answers, a hundred at once. */
const mostTimes = 1.3;

/** An endpoint that says how many questions it had at once. */
async function serveCounting(ms = answerMs) {
  const seen = { now: 0, most: 0, asked: 0 };
  const bot = await serveBot(async (input, response) => {
    seen.asked += 1;
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    await sleep(ms);
    // Before it is answered: whoever asks next upon the answer is not beside this one.
    seen.now -= 1;
    reply(response, { output: input });
  });
  return Object.assign(bot, { seen });
}

async function prepare(client: Client, name: string, url: string, count: number, fields = {}) {
  const inputs = Array.from({ length: count }, (_, n) => JSON.stringify({ q: `${name} ${n}` }));
  return await setUp(client, {
    name,
    endpoint: { url, requestTemplate: { input: "{{ input }}" }, responsePath: "output", ...fields },
    metric: { kind: "contains", parameters: { text: name } },
    file: inputs.join("\n"),
    columns: "input=q",
  });
}

type Wall = { figures: string; times: number };

/** Line 2: an endpoint that takes 10 calls at once, and what a hundred at once need for GSM8K's number of tests. */
export async function capacity(): Promise<string> {
  await using scene = await startScene(2, { WORKER_CONCURRENCY: "50", LOG_LEVEL: "info" });
  const capped = await neverEleven(scene);
  const walls: Wall[] = [];
  // The longer ones are told, to show what is bound by the endpoint and what by a test's cost to workers and database.
  for (const ms of [answerMs, 500]) {
    for (const concurrency of [null, 100]) walls.push(await wallTime(scene, ms, concurrency));
  }
  const told = [capped, ...walls.map(({ figures }) => figures)].join("; ");
  assert.ok((walls[0]?.times ?? Number.POSITIVE_INFINITY) <= mostTimes, told);
  return told;
}

/** Two runs at once against an endpoint of 10, a worker killed in between; another organization beside them. */
async function neverEleven({ client, db, url, killOne }: Scene): Promise<string> {
  await using bot = await serveCounting();
  await using other = await serveCounting();
  const setup = await prepare(client, "capped", bot.url, 300, { concurrency: 10 });
  const neighbour = await newClient(db, url);
  const theirs = await prepare(neighbour, "neighbour", other.url, 200);
  const began = performance.now();
  const runs = await Promise.all([execute(client, setup), execute(client, setup)]);
  const theirRun = await execute(neighbour, theirs);
  const theirEnd = await ended(neighbour, theirRun, longestRunMs);
  const neighbourSeconds = (performance.now() - began) / 1_000;
  await killOne();
  const over = await Promise.all(runs.map((id) => ended(client, id, longestRunMs)));
  const seconds = (performance.now() - began) / 1_000;

  const ideal = (600 * answerMs) / 10 / 1_000;
  const figures = `capped at 10, two runs of 300 and a worker killed: ${bot.seen.most} at once at most, ${bot.seen.asked} calls in ${seconds.toFixed(1)} s (ideal ${ideal.toFixed(1)}); a neighbour's 200 tests in ${neighbourSeconds.toFixed(1)} s`;
  assert.deepEqual(
    over.map(({ passed }) => passed),
    [300, 300],
    figures,
  );
  assert.equal(theirEnd.passed, 200, figures);
  assert.ok(bot.seen.most <= 10, figures);
  assert.ok(neighbourSeconds < seconds / 2, figures);
  return figures;
}

/** As many tests as GSM8K has, a hundred at once by the workers' hands or by the endpoint's cap. */
async function wallTime({ client }: Scene, ms: number, concurrency: number | null): Promise<Wall> {
  await using bot = await serveCounting(ms);
  const by = concurrency === null ? "the workers' hands" : "the endpoint's cap";
  const name = `${tests} tests of ${ms} ms, a hundred at once by ${by}`;
  const setup = await prepare(client, name, bot.url, tests, { concurrency });
  const began = performance.now();
  const run = await ended(client, await execute(client, setup), longestRunMs);
  const seconds = (performance.now() - began) / 1_000;
  const ideal = (tests * ms) / 100 / 1_000;
  const times = seconds / ideal;
  const figures = `${name}: ${seconds.toFixed(1)} s, ${times.toFixed(1)} × the ideal, ${bot.seen.most} at once at most`;
  assert.deepEqual([run.passed, bot.seen.asked], [tests, tests], figures);
  assert.ok(bot.seen.most <= 100, figures);
  return { figures, times };
}
