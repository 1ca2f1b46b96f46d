import type { LaunchOptions } from "../sdk/index.ts";
import type { Named, PayloadOf } from "./catalogue.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type Idempotent, launching } from "./jobs.ts";
import { type Pages, pagesOf } from "./pages.ts";
import type { Batch } from "./types.ts";
import { watch } from "./watch.ts";

/** A task and what to run it with; which payload, the task says. */
export type BatchJob<C> = { [Name in Named<C>]: { task: Name; payload?: PayloadOf<C, Name> } }[Named<C>];

export type BatchMember<C> = BatchJob<C> & {
  key?: string | undefined;
  /** By which others of the batch depend on it. */
  name?: string | undefined;
  /** Names of other jobs of this batch: it is blocked until all of them have ended. */
  dependsOn?: readonly string[] | undefined;
  ifFailed?: LaunchOptions["ifFailed"];
};

export type BatchLaunch<C> = {
  name?: string | undefined;
  jobs?: readonly BatchMember<C>[] | undefined;
  /** Launched once, when the last job has ended, however they ended. */
  onComplete?: BatchJob<C> | undefined;
} & Pick<LaunchOptions, "runAt" | "priority" | "maxAttempts" | "deadline" | "keyMode">;

export type Batches<C> = {
  /** Launches jobs that belong together, all or none; `jobIds` are in their order. */
  launch(
    batch: BatchLaunch<C>,
    options?: Idempotent & CallOptions,
  ): Promise<{ batch: Batch; jobIds: string[] }>;
  get(id: string, options?: CallOptions): Promise<Batch>;
  /** Newest first. */
  list(options?: CallOptions & { first?: number | undefined }): Pages<Batch>;
  /** As it is now and after each change, until the last of its jobs has ended. */
  watch(id: string, options?: CallOptions): AsyncGenerator<Batch, void, undefined>;
};

// It is told when what was asked for has changed: so all of it that changes.
const subscription = `subscription ($id: UUID!) { batch(id: $id) {
  id completedAt progress { waiting scheduled blocked queued running succeeded failed cancelled } } }`;

export function batchesOf<C>(connection: Connection): Batches<C> {
  const get = (id: string, options: CallOptions = {}) =>
    connection.call<Batch>("GET", `/api/batches/${encodeURIComponent(id)}`, options);
  return {
    launch: (batch, options = {}) =>
      connection.call("POST", "/api/batches", { ...launching(options).call, body: batch }),
    get,
    list: ({ signal, timeoutMs, first } = {}) =>
      pagesOf(async (after) => {
        const call = { signal, timeoutMs, query: { first, after } };
        type Listed = { batches: Batch[]; next: string | null };
        const { batches, next } = await connection.call<Listed>("GET", "/api/batches", call);
        return { items: batches, next };
      }),
    watch: (id, options = {}) =>
      watch(
        connection,
        {
          read: (call) => get(id, call),
          rings: { query: subscription, id },
          ended: ({ completedAt }) => completedAt !== null,
        },
        options,
      ),
  };
}
