import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { issueOperatorToken } from "../../src/tenancy/index.ts";
import { fieldOf, type GraphqlAnswer, startWorld, type World } from "../api/support.ts";
import { withClient } from "../helpers/database.ts";
import { type Block, placeOf, readBlocks, repository } from "./pages.ts";

const execute = promisify(execFile);
const blocks = readBlocks(join(repository, "docs/policies.md"));

let world: World;
let operator: string;
before(async () => {
  world = await startWorld({ ops: true });
  operator = await issueOperatorToken(world.settings, { name: "olga", expiresIn: "1h" });
});
after(() => world.stop());

/** All commands of the page in one shell, as a reader does; what each said. */
async function runCommands(texts: readonly string[]): Promise<GraphqlAnswer[]> {
  const bin = JSON.stringify(join(repository, "bin/rowlock.js"));
  const npx = `npx() { [ "$1" = rowlock ] && shift && ${JSON.stringify(process.execPath)} ${bin} "$@"; }`;
  const env = {
    ...process.env,
    API: world.api.url,
    JWT_SECRET: world.settings.JWT_SECRET ?? "",
    ORGANIZATION: world.north.id,
    USER: "olga",
  };
  const script = ["set -euo pipefail", npx, ...texts.flatMap((text) => [text, "echo"])].join("\n");
  const { stdout } = await execute("bash", ["-c", script], { env, timeout: 60_000 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as GraphqlAnswer);
}

async function ask(block: Block): Promise<GraphqlAnswer> {
  const json = { query: block.text, variables: { organization: world.north.id } };
  if (block.marks.get("as") !== "operator") return await world.graphql(world.north.member, block.text);
  const headers = { authorization: `Bearer ${operator}` };
  return (await world.send("POST", "/ops/graphql", { headers, json })).body as GraphqlAnswer;
}

test("docs/policies.md can be followed: its commands, its GraphQL and its SQL do what it says", async () => {
  const commands = blocks.filter(({ language }) => language === "sh");
  const [listed, created] = await runCommands(commands.map(({ text }) => text));
  assert.equal((fieldOf(listed?.data ?? null, "organizations") as { nodes: unknown[] }).nodes.length, 2);
  assert.deepEqual(created?.data, { createPolicy: { policy: { weight: 2 } } });

  const answers: unknown[] = [];
  const rest = blocks.filter(({ language }) => language !== "sh");
  assert.deepEqual(
    rest.map(({ language }) => language).filter((language) => !["graphql", "sql"].includes(language)),
    [],
  );
  for (const block of rest) {
    if (block.language === "sql") await withClient(world.db.urls.admin, (client) => client.query(block.text));
    else {
      const { data, errors } = await ask(block);
      assert.deepEqual(errors ?? [], [], placeOf(block));
      answers.push(data);
    }
  }
  const [own, paused, lifted, task] = answers as Record<string, unknown>[];
  const policy = { weight: 2, maxRunning: 20, maxPending: 10_000, paused: false };
  assert.deepEqual(own, { organizations: { nodes: [{ name: "north", policy }] } });
  assert.partialDeepStrictEqual(paused, { updatePolicy: { policy: { paused: true } } });
  assert.deepEqual(lifted, { deletePolicy: { policy: { organizationId: world.north.id } } });
  assert.deepEqual(task, { createTaskPolicy: { taskPolicy: { task: "greet", maxRunning: 5 } } });
  assert.equal(answers.length, 6);
});
