import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Person } from "../api/support.ts";
import { reply } from "./bot.ts";
import type { FakeModels } from "./fake-models/index.ts";
import { listening } from "./listening.ts";
import { create, type EvalsWorld, execute, unique } from "./support.ts";

type Asked = Parameters<FakeModels["answer"]>[0];
type Line = { you?: string; product?: string };

/** What a question to the simulated user holds; undefined for a question to anybody else. */
export function toUser({ system, turns }: Asked): { role: string; conversation: Line[] } | undefined {
  if (!system?.startsWith("You play a user")) return undefined;
  const { conversation } = JSON.parse(turns[0] ?? "") as { conversation: Line[] };
  return { role: system, conversation };
}

/** What a judge is given; undefined for a question to anybody else. */
export function toJudge({ system, turns }: Asked) {
  if (!system?.startsWith("Say whether the conversation reached this goal")) return undefined;
  const material = JSON.parse(turns[0] ?? "") as {
    input: string;
    output: string;
    transcript: { role: string; content: string }[];
  };
  return { goal: system, ...material };
}

export const says = (message: string) => JSON.stringify({ message, done: false, reason: "It goes on." });
export const isDone = (reason: string) => JSON.stringify({ message: "", done: true, reason });
export const judged = (reached: boolean, reason = "As it says.") => JSON.stringify({ reached, reason });

/** A model of the organization's, served by the fake, that plays its users and is its judge. */
export async function setDefaults(world: EvalsWorld, who: Person, fake: FakeModels): Promise<string> {
  const send = async (method: string, path: string, json: Record<string, unknown>) => {
    const { status, body, text } = await world.send(method, path, { as: who, json });
    assert.ok(status === 200 || status === 201, text);
    return body as { id: string };
  };
  const { id: modelId } = await send("POST", "/api/models", {
    name: unique("model"),
    provider: "openai-compatible",
    model: "llama",
    baseUrl: `${fake.url}/local`,
    inputPrice: "2.50",
    outputPrice: "10",
  });
  for (const purpose of ["simulated_user", "judge"]) {
    await send("PUT", `/api/model-defaults/${purpose}`, { modelId });
  }
  return modelId;
}

type Said = { output: string; id?: string } | { status: number };
export type Heard = { input: string; messages: { role: string; content: string }[]; id: string | null };

/** A bot that is told all that was said and its own name of the conversation. */
export async function serveTalker(answer: (heard: Heard, times: number) => Said | Promise<Said>) {
  const heard: Heard[] = [];
  const server = await listening(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Heard;
      heard.push(asked);
      const times = heard.filter(
        ({ input, messages }) => input === asked.input && messages?.length === asked.messages?.length,
      ).length;
      const said = await answer(asked, times);
      if ("status" in said) reply(response, {}, said.status);
      else reply(response, { id: asked.id ?? `talk ${heard.length}`, ...said, tools: [{ name: "look" }] });
    }),
  );
  return Object.assign(server, { heard });
}

export const talkerFields = {
  requestTemplate: { input: "{{ input }}", messages: "{{ messages }}", id: "{{ conversationId }}" },
  responsePath: "output",
  responseMapping: { conversationId: "id", toolCalls: "tools" },
};

/** A set of these tests, each added by itself. */
export async function createConversations(
  world: EvalsWorld,
  who: Person,
  tests: readonly Record<string, unknown>[],
): Promise<string> {
  const id = await create(world, who, "test-sets", {});
  for (const test of tests) {
    const json = { kind: "multi_turn", instructions: "You are in a hurry.", ...test };
    const { status, text } = await world.send("POST", `/api/test-sets/${id}/tests`, { as: who, json });
    assert.equal(status, 201, text);
  }
  return id;
}

export type Detail = {
  id: string;
  kind: string;
  state: string;
  input: string;
  output: string | null;
  turns: number | null;
  attempts: number;
  durationMs: number | null;
  error: { code: string; message: string } | null;
  evaluations: { metric: string; passed: boolean; reason: string }[];
  conversationEnd: { by: string; reason: string } | null;
  transcript:
    | {
        turn: number;
        role: string;
        content: string;
        durationMs: number | null;
        conversationId: string | null;
        cost: number | null;
      }[]
    | null;
};

/** The results of a run with all that was said, in the order of its tests. */
export async function details(world: EvalsWorld, who: Person, runId: string): Promise<Detail[]> {
  const { body } = await world.send("GET", `/api/test-runs/${runId}/results`, { as: who });
  const { results } = body as { results: { id: string }[] };
  return await Promise.all(
    results.map(async ({ id }) => {
      const { status, body: detail, text } = await world.send("GET", `/api/test-results/${id}`, { as: who });
      assert.equal(status, 200, text);
      return detail as Detail;
    }),
  );
}

/** Asks for a table until the product says "booked", and gives up when it is told "never". */
export const booking: FakeModels["answer"] = (asked) => {
  const user = toUser(asked);
  if (user === undefined) {
    const { transcript = [] } = toJudge(asked) ?? assert.fail(asked.system ?? "");
    return judged(
      transcript.some(({ content }) => content === "booked"),
      `${transcript.length} messages`,
    );
  }
  const last = user.conversation.at(-1)?.product;
  if (last === "booked") return isDone("The table is booked.");
  if (last === "never") return isDone("There will be no table.");
  return says(`A table, please (${user.conversation.length / 2 + 1})`);
};

export type GivenConversations = {
  tests?: Record<string, unknown>[];
  metricIds?: string[];
  endpoint?: Record<string, unknown>;
};

/** A run of conversations against a talker, one by default. */
export async function launchConversations(
  world: EvalsWorld,
  url: string,
  { tests = [{ goal: "A table is booked." }], ...given }: GivenConversations = {},
): Promise<string> {
  const { member } = world.north;
  const endpointId = await create(world, member, "endpoints", { url, ...talkerFields, ...given.endpoint });
  const testSetId = await createConversations(world, member, tests);
  return (await execute(world, member, { endpointId, testSetId, metricIds: given.metricIds ?? [] })).id;
}
