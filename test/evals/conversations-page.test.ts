import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { details, isDone, judged, says, setDefaults, toUser } from "./conversation-support.ts";
import { serveModels } from "./fake-models/index.ts";
import { blocksOf, followPage, workOff } from "./follow-page.ts";
import { create, type EvalsWorld, startEvals } from "./support.ts";
import { serveThreads } from "./threads.ts";

const marked = blocksOf("docs/conversations.md");

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

  const output = await followPage(
    `${marked("sh")
      .map(({ text }) => text)
      .join("\n")}\necho\necho "RUN=$RUN"`,
    { API: world.api.url, TOKEN: member.token, ENDPOINT },
    () => workOff(world),
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
