import type { Remote } from "../remote/client.ts";
import { find, look, unknown } from "../remote/find.ts";
import { Refusal } from "../remote/refusal.ts";
import { made, type Named } from "../remote/schemas.ts";
import type { Options } from "./options.ts";

export type Plan = { testSet: Named; endpoint: Named; request: Record<string, unknown> };

/** Metrics that need no parameters: asked for by such a name, one is made when there is none. */
const readyMade = ["exact", "contains", "number"];

/** Finds what the flags name. @throws Refusal with the names there are, or for a set without tests */
export async function readPlan(remote: Remote, options: Options): Promise<Plan> {
  const testSet = await find(remote, "testSet", options.testSet);
  if (testSet.tests === 0) {
    throw new Refusal(
      `The test set "${testSet.name}" has no tests. Fill it with \`rowlock test-set import <file> --name "${testSet.name}"\`.`,
    );
  }
  const endpoint = await find(remote, "endpoint", options.endpoint);
  const metricIds: string[] = [];
  for (const name of options.metric ?? []) metricIds.push(await metricId(remote, name));
  const { concurrency, repeat } = options;
  return {
    testSet,
    endpoint,
    request: {
      endpointId: endpoint.id,
      ...(metricIds.length === 0 ? {} : { metricIds }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(repeat === undefined ? {} : { repeat }),
    },
  };
}

async function metricId(remote: Remote, name: string): Promise<string> {
  const there = await look(remote, "metric", name);
  if (there !== undefined) return there.id;
  if (!readyMade.includes(name)) return await unknown(remote, "metric", name);
  return (await remote.post(made, "/api/metrics", { json: { name, kind: name } })).id;
}
