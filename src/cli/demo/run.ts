import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ApiClient } from "./client.ts";
import { questions } from "./questions.ts";

const made = z.object({ id: z.uuid() });

const summary = z.object({
  state: z.string(),
  queued: z.number(),
  running: z.number(),
  passed: z.number(),
  failed: z.number(),
  errored: z.number(),
  passRate: z.number().nullable(),
});
export type Summary = z.output<typeof summary>;

const run = z.object({ testRun: z.object({ total: z.number(), summary }) });

/** Sets up an endpoint, a metric and the test set of 50 questions, and executes it. @returns the run's id */
export async function launchRun(client: ApiClient, endpointUrl: string): Promise<string> {
  const endpoint = z.object({ createEndpoint: z.object({ endpoint: made }) });
  const { createEndpoint } = await client.graphql(
    endpoint,
    "mutation ($endpoint: EndpointFields!) { createEndpoint(input: { endpoint: $endpoint }) { endpoint { id } } }",
    {
      endpoint: {
        name: "Quiz bot",
        url: endpointUrl,
        requestTemplate: { question: "{{ input }}" },
        responsePath: "reply.text",
      },
    },
  );
  await client.graphql(
    z.unknown(),
    `mutation { createMetric(input: { metric: { name: "answer given", kind: "contains" } }) { metric { id } } }`,
  );
  const { id: testSetId } = made.parse(
    await client.post("/api/test-sets", "application/json", JSON.stringify({ name: "General knowledge" })),
  );
  const file = questions.map(([question, answer]) => JSON.stringify({ question, answer })).join("\n");
  await client.post(
    `/api/test-sets/${testSetId}/import?input=question&expected=answer`,
    "application/x-ndjson",
    file,
  );
  const executed = await client.graphql(
    z.object({ executeTestSet: z.object({ result: made }) }),
    "mutation ($set: UUID!, $endpoint: UUID!) { executeTestSet(input: { testSetId: $set, endpointId: $endpoint }) { result { id } } }",
    { set: testSetId, endpoint: createEndpoint.endpoint.id },
  );
  return executed.executeTestSet.result.id;
}

/** Reads the run until it has ended, telling of each change. */
export async function watchRun(
  client: ApiClient,
  id: string,
  onChange: (done: number, total: number, now: Summary) => void,
): Promise<Summary> {
  for (;;) {
    const { testRun } = await client.graphql(
      run,
      `query ($id: UUID!) { testRun(id: $id) { total summary { state queued running passed failed errored passRate } } }`,
      { id },
    );
    const { summary: now, total } = testRun;
    onChange(total - now.queued - now.running, total, now);
    if (now.queued + now.running === 0) return now;
    await sleep(100);
  }
}
