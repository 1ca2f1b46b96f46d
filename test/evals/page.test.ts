import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import type { Block } from "../docs/pages.ts";
import { blocksOf, followPage, workOff } from "./follow-page.ts";
import { type EvalsWorld, results, startEvals } from "./support.ts";

const marked = blocksOf("docs/test-runs.md");

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

/** The page's own bot answers on a fixed port; here its code serves a free one. */
async function serveBotOfPage(): Promise<{ url: string; stop(): Promise<void> }> {
  const [source] = marked("ts");
  assert(source?.marks.get("file") === "bot.ts");
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      "--input-type=module-typescript",
      "-e",
      source.text.replace("listen(8080)", `listen(${port}, () => console.log("up"))`),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert(typeof address === "object" && address !== null);
  return address.port;
}

test("docs/test-runs.md can be followed from its first command to its results", async () => {
  const bot = await serveBotOfPage();
  try {
    const commands = marked("sh");
    assert(commands.length >= 5);
    const { token } = world.north.member;
    const env = { API: world.api.url, TOKEN: token, BOT: bot.url };
    const script = commands.map(({ text }) => text).join("\n");
    const output = await followPage(`${script}\necho "RUN=$RUN"`, env, () => workOff(world));
    assert.match(output, /"imported":2/);
    assert.match(output, /"imported":1/);
    assert.match(output, /^completed$/m);
    // What the rescore, the repetitions and the comparison answered.
    assert.match(output, /"times":3,"passed":3,"failed":0/);
    assert.equal(output.match(/"fixed":1,"regressed":0,"others":0/g)?.length, 2);
    assert.match(output, /1 fixed, 0 regressed: .* The difference may be chance\./);
    const runId = /RUN=(\S+)/.exec(output)?.[1] ?? "";
    assert.deepEqual(
      (await results(world, runId)).map(({ state, output: said }) => [state, said]),
      [
        ["passed", "The capital of France is Paris."],
        ["failed", "The capital of Australia is Sydney."],
        ["failed", "I do not know."],
      ],
    );

    const [execute, read, cancel, retry, compare] = marked("graphql");
    assert(execute && read && cancel && retry && compare);
    const [rescored] = await world.asOwner<{ id: string }>(
      "select id from evals.test_runs where source_run_id = $1",
      [runId],
    );
    const compared = await world.graphql(world.north.viewer, compare.text, {
      before: runId,
      after: rescored?.id,
    });
    assert.deepEqual(compared.errors, []);
    assert.deepEqual(compared.data, {
      compareTestRuns: {
        fixed: 1,
        regressed: 0,
        pValue: 1,
        flips: [{ input: "What is the capital of Australia?", before: "failed", after: "passed" }],
      },
      testRun: { sourceRun: { id: runId }, regressions: { regressed: 0 } },
    });
    const [ids] = await world.asOwner<{ set: string; endpoint: string }>(
      "select test_set_id as set, endpoint_id as endpoint from evals.test_configurations",
    );
    const launched = await world.graphql(world.north.member, execute.text, ids);
    assert.deepEqual(launched.errors, []);
    const seen = await world.graphql(world.north.viewer, read.text, { run: runId });
    assert.deepEqual(seen.errors, []);
    const { testRun } = seen.data as { testRun: { summary: { state: string; passed: number } } };
    assert.deepEqual([testRun.summary.state, testRun.summary.passed], ["completed", 1]);
    const { executeTestSet } = launched.data as { executeTestSet: { result: { id: string } } };
    const control = async ({ text }: Block) => {
      const { data, errors } = await world.graphql(world.north.member, text, {
        run: executeTestSet.result.id,
      });
      assert.deepEqual(errors, []);
      return Object.values(data ?? {})[0] as { testRun: { summary: { state: string } } };
    };
    assert.equal((await control(cancel)).testRun.summary.state, "cancelled");
    assert.equal((await control(retry)).testRun.summary.state, "queued");
  } finally {
    await bot.stop();
  }
});

test("docs/test-runs.md shows the answer to a bad line as it is", async () => {
  const [shown] = marked("json");
  const made = await world.send("POST", "/api/test-sets", { as: world.north.member, json: { name: "bad" } });
  const { id } = made.body as { id: string };
  const answer = await world.send("POST", `/api/test-sets/${id}/import?input=q&expected=a`, {
    as: world.north.member,
    headers: { "content-type": "application/x-ndjson" },
    body: '{"q":"x","a":"y"}\n{"q":"x"}\n',
  });
  assert.deepEqual(answer.body, JSON.parse(shown?.text ?? ""));
});
