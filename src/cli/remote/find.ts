import { z } from "zod";
import type { Remote } from "./client.ts";
import { exitCodes, Refusal } from "./refusal.ts";
import { type Named, named } from "./schemas.ts";

/** What can be looked up: the path of its list, the list's key in the answer, how one is called. */
export const collections = {
  testSet: { path: "test-sets", key: "testSets", what: "test set" },
  endpoint: { path: "endpoints", key: "endpoints", what: "endpoint" },
  metric: { path: "metrics", key: "metrics", what: "metric" },
} as const;
export type Collection = keyof typeof collections;

const most = 20;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The one of this name or id, if there is one. */
export async function look(
  remote: Remote,
  collection: Collection,
  nameOrId: string,
): Promise<Named | undefined> {
  const [byName] = await list(remote, collection, `name=${encodeURIComponent(nameOrId)}`);
  if (byName !== undefined || !uuid.test(nameOrId)) return byName;
  return (await list(remote, collection, `id=${nameOrId}`))[0];
}

/** @throws Refusal with the names there are */
export async function find(remote: Remote, collection: Collection, nameOrId: string): Promise<Named> {
  return (await look(remote, collection, nameOrId)) ?? (await unknown(remote, collection, nameOrId));
}

export async function unknown(remote: Remote, collection: Collection, nameOrId: string): Promise<never> {
  const { what } = collections[collection];
  const names = (await list(remote, collection, `first=${most + 1}`)).map(({ name }) => `"${name}"`);
  const shown = `${names.slice(0, most).join(", ")}${names.length > most ? ", …" : ""}`;
  throw new Refusal(
    `There is no ${what} "${nameOrId}". ${names.length === 0 ? "There is none yet" : `There are: ${shown}`}.`,
    exitCodes.usage,
  );
}

async function list(remote: Remote, collection: Collection, query: string): Promise<Named[]> {
  const { path, key } = collections[collection];
  const page = z.object({ [key]: z.array(named) });
  return (await remote.get(page, `/api/${path}?${query}`))[key] ?? [];
}
