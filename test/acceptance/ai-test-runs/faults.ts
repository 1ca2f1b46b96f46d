import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { reply, serveBot } from "../../evals/bot.ts";
import { seeded } from "../../faults/random.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { ended, execute, setUp } from "../spine/client.ts";
import { startScene } from "./scene.ts";

const tests = 120;
const maxAttempts = 4;
const timeoutMs = 500;
const longestRunMs = 180_000;

type Fault = {
  /** What the endpoint does to a question that it gets for the n-th time. */
  answer(response: ServerResponse, input: string, times: number): void;
  state: "passed" | "errored";
  code?: string;
  message?: RegExp;
  /** Calls that a test of it has; a worker that is killed with one costs another. */
  calls: number;
};

const right = (response: ServerResponse, input: string) => reply(response, { output: input });
const failing = (message: RegExp, calls: number, code = "FETCH_FAILED") =>
  ({ state: "errored", code, message, calls }) as const;

const faults: Record<string, Fault> = {
  none: { answer: right, state: "passed", calls: 1 },
  silence: {
    answer: () => undefined,
    ...failing(/did not answer within 500 ms\. It was called 4/, maxAttempts),
  },
  reset: { answer: (response) => response.destroy(), ...failing(/broke off.*called 4 times/, maxAttempts) },
  cut: {
    answer: (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"output":', () => response.destroy());
    },
    ...failing(/broke off.*called 4 times/, maxAttempts),
  },
  busy: {
    answer: (response) => response.writeHead(429, { "retry-after": "1" }).end(),
    ...failing(/status 429\. It was called 4 times/, maxAttempts),
  },
  "busy once": {
    answer: (response, input, times) =>
      times === 1 ? response.writeHead(429, { "retry-after": "1" }).end() : right(response, input),
    state: "passed",
    calls: 2,
  },
  "away for two calls": {
    answer: (response, input, times) => (times < 3 ? reply(response, {}, 503) : right(response, input)),
    state: "passed",
    calls: 3,
  },
  broken: { answer: (response) => reply(response, {}, 500), ...failing(/status 500/, 1) },
  huge: {
    answer: (response) => reply(response, { output: "x".repeat(3_000_000) }),
    ...failing(/larger than 2000000 bytes/, 1),
  },
  "no JSON": {
    answer: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html></html>"),
    ...failing(/text\/html\) is not JSON/, 1),
  },
  inward: {
    answer: (response) => response.writeHead(302, { location: "http://169.254.169.254/latest" }).end(),
    ...failing(/169\.254\.169\.254 is not a public address/, 1, "INTERNAL_ADDRESS"),
  },
};

type Row = { input: string; state: string; code: string | null; message: string | null; attempts: number };

/** Line 3: an endpoint with every fault there is, in an order by chance, and a worker killed in the middle. */
export async function endpointFaults(): Promise<string> {
  const seed = Number(process.env.ROWLOCK_SEED ?? 20_261_125);
  const random = seeded(seed);
  const kinds = Object.keys(faults);
  const inputs = Array.from({ length: tests }, (_, n) => `${random.pick(kinds)}/${n}`);
  const faultOf = (input: string) => faults[input.split("/")[0] ?? ""] ?? assert.fail(input);
  const calls = new Map<string, number[]>();
  await using scene = await startScene(2);
  await using bot = await serveBot((input, response, times) => {
    calls.set(input, [...(calls.get(input) ?? []), Date.now()]);
    faultOf(input).answer(response, input, times);
  });
  const { client, db, killOne } = scene;
  const setup = await setUp(client, {
    name: "faults",
    endpoint: {
      url: bot.url,
      requestTemplate: { input: "{{ input }}" },
      responsePath: "output",
      ...{ maxAttempts, timeoutMs },
    },
    metric: { kind: "contains", parameters: { text: "/" } },
    file: inputs.map((input) => JSON.stringify({ input })).join("\n"),
    columns: "input=input",
  });
  const began = performance.now();
  const runId = await execute(client, setup);
  await until(
    async () => bot.asked.length,
    (asked) => asked > tests / 2,
    longestRunMs,
  );
  await killOne();
  await ended(client, runId, longestRunMs);
  const seconds = (performance.now() - began) / 1_000;

  const rows = await asOwner<Row>(
    db,
    "select input, state, error_code as code, error_message as message, attempts from evals.test_results where test_run_id = $1",
    [runId],
  );
  assert.equal(rows.length, tests);
  let more = 0;
  for (const { input, state, code, message, attempts } of rows) {
    const fault = faultOf(input);
    const times = calls.get(input) ?? [];
    const what = `seed ${seed}, ${input}: ${state} ${code} ${message}, ${attempts} attempts, ${times.length} calls`;
    assert.equal(state, fault.state, what);
    assert.equal(code, fault.code ?? null, what);
    if (fault.message !== undefined) assert.match(message ?? "", fault.message, what);
    assert.ok(times.length <= maxAttempts && attempts <= maxAttempts, what);
    assert.ok(times.length <= attempts, `counted before it was made: ${what}`);
    more += attempts - fault.calls;
    const waits = times.slice(1).map((at, index) => at - (times[index] ?? at));
    // A worker that was killed in the middle of a call gave it back at once, and heard no Retry-After.
    if (input.startsWith("busy") && attempts === fault.calls)
      assert.ok(
        waits.every((ms) => ms >= 990),
        what,
      );
  }
  return `seed ${seed}: ${tests} tests with ${kinds.length} kinds of answers, each in its state after ${seconds.toFixed(0)} s; ${bot.asked.length} calls, at most ${Math.max(...[...calls.values()].map(({ length }) => length))} for a test; ${more} more for the worker that was killed`;
}
