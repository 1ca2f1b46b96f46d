import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliver } from "../helpers/jobs.ts";
import { serveModels } from "./fake-models/index.ts";
import { blocksOf, followPage } from "./follow-page.ts";
import {
  draftsOf,
  type GenerationWorld,
  setGenerator,
  startGeneration,
  wantedOf,
  written,
} from "./generation-support.ts";

const marked = blocksOf("docs/generating-tests.md");

let world: GenerationWorld;
before(async () => {
  world = await startGeneration();
});
after(() => world.stop());

test("docs/generating-tests.md can be followed: three tests are generated, one changed, one rejected, two accepted", async () => {
  const { member, viewer } = world.north;
  await using fake = await serveModels((asked) =>
    written(
      ["Where is my hat?", "May I return it?", "Who pays for the parcel?"].slice(0, wantedOf(asked).wanted),
      {
        category: "returns",
        source: "terms",
      },
    ),
  );
  await setGenerator(world, member, fake);
  const script = marked("sh").map(({ text }) => text);
  const output = await followPage(
    `${script.join("\n")}\necho\necho "SET=$SET"`,
    { API: world.api.url, TOKEN: member.token },
    async () => {
      const open = await world.asOwner<{ id: string }>(
        "select id from rowlock.live where state <> 'running'",
      );
      for (const { id } of open) await deliver(world.db, id, world.generateTests);
    },
  );
  const set = /SET=(\S+)/.exec(output)?.[1] ?? "";
  assert.deepEqual(
    (await draftsOf(world, set)).map(({ input, state, source }) => [input, state, source]),
    [
      ["May I return a hat after two weeks?", "accepted", "terms"],
      ["May I return it?", "rejected", "terms"],
      ["Who pays for the parcel?", "accepted", "terms"],
    ],
  );

  const [generate, read, decide] = marked("graphql").map(({ text }) => text);
  for (const [query, who] of [
    [generate, member],
    [read, viewer],
    [decide, member],
  ] as const) {
    const { data, errors } = await world.graphql(who, query ?? "", { set });
    assert.deepEqual(errors, [], query);
    if (who === viewer) assert.match(JSON.stringify(data), /"job":\{"state":"succeeded"/);
  }
});
