import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readBlocks, repository } from "../docs/pages.ts";
import { details, isDone, judged, says, setDefaults, toUser } from "./conversation-support.ts";
import { serveModels } from "./fake-models/index.ts";
import { create, type EvalsWorld, runAll, startEvals } from "./support.ts";
import { serveThreads } from "./threads.ts";

const marked = (language: string) =>
  readBlocks(join(repository, "docs/conversations.md")).filter((block) => block.language === language);

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

test("docs/conversations.md can be followed: two conversations with a product that keeps them itself", async () => {
  const { member, viewer } = world.north;
  await using fake = await serveModels((asked) => {
    const user = toUser(asked);
    if (user === undefined) return judged(asked.turns[0]?.includes("See you at eight") === true);
    return user.conversation.length < 4 ? says("A table, please.") : isDone("It is over.");
  });
  await setDefaults(world, member, fake);
  await using bot = await serveThreads(() => "See you at eight.");
  const [endpoint] = marked("json");
  const ENDPOINT = await create(world, member, "endpoints", {
    url: bot.url,
    ...(JSON.parse(endpoint?.text ?? "") as Record<string, unknown>),
  });

  const output = await follow(
    `${marked("sh")
      .map(({ text }) => text)
      .join("\n")}\necho\necho "RUN=$RUN"`,
    { API: world.api.url, TOKEN: member.token, ENDPOINT },
  );
  assert.match(output, /"imported":1/);
  assert.match(output, /"transcript":\[\{/);
  const run = /RUN=(\S+)/.exec(output)?.[1] ?? "";
  const found = await details(world, viewer, run);
  assert.deepEqual(
    found.map(({ state, turns, conversationEnd }) => [state, turns, conversationEnd?.by]),
    [
      ["passed", 2, "user"],
      ["passed", 2, "user"],
    ],
  );
  assert.deepEqual(bot.threads, [null, "thread 1", null, "thread 3"]);

  const [query] = marked("graphql");
  const { data, errors } = await world.graphql(viewer, query?.text ?? "", { run });
  assert.deepEqual(errors, []);
  assert.match(JSON.stringify(data), /"role":"assistant","content":"See you at eight\."/);
});

async function follow(script: string, env: Record<string, string>): Promise<string> {
  const child = spawn("bash", ["-c", `set -euo pipefail\n${script}`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const closed = once(child, "close") as Promise<[number | null]>;
  // The page's reader has a worker; here its part is done as the run appears.
  while (child.exitCode === null) {
    const open = await world.asOwner<{ id: string }>(
      "select distinct test_run_id as id from evals.test_results where finished_at is null",
    );
    for (const { id } of open) await runAll(world, id);
    await sleep(50);
  }
  const [code] = await closed;
  assert.equal(code, 0, output + errors);
  return output;
}
