import assert from "node:assert/strict";
import { type Client, createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { until } from "../../helpers/jobs.ts";
import type { Person, World } from "../support.ts";

/** What a subscription has told so far. */
export type Watched<Data> = {
  data: Data[];
  errors: { message: string; extensions?: { code?: string } }[];
  /** How the connection was closed, if it was. */
  closed(): { code: number; reason: string } | undefined;
  over(): boolean;
  stop(): void;
  /** Waits until one of the results fits. */
  seen(fits: (data: Data) => boolean, timeoutMs?: number): Promise<Data>;
};

export function socketOf(world: World, authorization: string | undefined): Client {
  return createClient({
    url: `${world.api.url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    ...(authorization === undefined ? {} : { connectionParams: { authorization } }),
  });
}

/** Watches over a WebSocket of its own, with a real client. */
export function watchBySocket<Data = Record<string, unknown>>(
  world: World,
  who: Person | string | undefined,
  query: string,
  variables: Record<string, unknown> = {},
): Watched<Data> {
  const authorization = typeof who === "object" ? `Bearer ${who.token}` : who;
  const client = socketOf(world, authorization);
  const watched = collect<Data>();
  client.on("closed", (event) => watched.close(event as { code: number; reason: string }));
  const stop = client.subscribe<Data>({ query, variables }, watched.sink);
  return {
    ...watched.shown,
    stop() {
      stop();
      void client.dispose();
    },
  };
}

/** Watches by server-sent events, read as they come. */
export function watchByStream<Data = Record<string, unknown>>(
  world: World,
  who: Person,
  query: string,
  variables: Record<string, unknown> = {},
): Watched<Data> {
  const watched = collect<Data>();
  const ending = new AbortController();
  const reading = (async () => {
    const response = await fetch(`${world.api.url}/graphql/stream`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${who.token}`,
        "content-type": "application/json",
        accept: "text/event-stream",
      },
      body: JSON.stringify({ query, variables }),
      signal: ending.signal,
    });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const answer = (await response.json()) as { error?: { message: string } };
      watched.sink.error([{ message: `${response.status}: ${JSON.stringify(answer)}` }]);
      return;
    }
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const [, name] = /^event: (\w+)/m.exec(event) ?? [];
        const [, data] = /^data: (.+)$/m.exec(event) ?? [];
        if (name === "next" && data !== undefined) watched.sink.next(JSON.parse(data));
        if (name === "complete") watched.sink.complete();
      }
    }
    watched.sink.complete();
  })();
  reading.catch(() => undefined);
  return { ...watched.shown, stop: () => ending.abort() };
}

type Result<Data> = { data?: Data | null; errors?: readonly { message: string }[] };

function collect<Data>() {
  const data: Data[] = [];
  const errors: Watched<Data>["errors"] = [];
  let over = false;
  let closed: { code: number; reason: string } | undefined;
  return {
    close(event: { code: number; reason: string }) {
      closed = { code: event.code, reason: event.reason };
    },
    sink: {
      next(result: Result<Data>) {
        if (result.errors !== undefined) errors.push(...result.errors);
        else if (result.data !== undefined && result.data !== null) data.push(result.data);
      },
      error(error: unknown) {
        if (Array.isArray(error)) errors.push(...(error as Watched<Data>["errors"]));
        over = true;
      },
      complete() {
        over = true;
      },
    },
    shown: {
      data,
      errors,
      closed: () => closed,
      over: () => over,
      async seen(fits: (one: Data) => boolean, timeoutMs = 5_000) {
        const { found } = await until(
          async () => ({ found: data.find(fits), data, errors }),
          (one) => one.found !== undefined,
          timeoutMs,
        );
        return found as Data;
      },
    },
  };
}

/** A job that nobody runs for an hour. */
export async function launchLater(world: World, payload: unknown = { name: "later" }): Promise<string> {
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const json = { task: "greet", payload, runAt };
  const { status, text, body } = await world.send("POST", "/api/jobs", { as: world.north.member, json });
  assert.equal(status, 201, text);
  return (body as { id: string }).id;
}

/** Changes a job of north as a worker does, and tells so. */
export async function changeNote(world: World, id: string, note: string): Promise<void> {
  await world.asOwner(
    "with u as (update rowlock.live set progress_note = $2 where id = $1 returning *) select rowlock_private.tell(u.organization_id, array[u.id]) from u",
    [id, note],
  );
}
