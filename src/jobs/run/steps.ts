import type { Pool } from "pg";
import { bounds, fromDatabase, RowlockError } from "../../sdk/index.ts";
import { overOurConnection } from "../../tenancy/index.ts";
import type { StepContext } from "../context.ts";
import { isStorable } from "../encode-json.ts";
import { Asleep } from "../task-errors.ts";
import type { Begun } from "./begin.ts";

/** So short a sleep is waited for in place. */
const shortestSleepMs = 50;

/** The steps of one attempt at a long job: those stored are read once, at the first. */
export class Steps {
  readonly #pool: Pool;
  readonly #jobId: string;
  readonly #fence: number;
  readonly #signal: AbortSignal;
  readonly #taken = new Set<string>();
  #stored: Promise<Map<string, unknown>> | undefined;

  constructor(pool: Pool, { job, fence }: Begun, signal: AbortSignal) {
    this.#pool = pool;
    this.#jobId = job.id;
    this.#fence = fence;
    this.#signal = signal;
  }

  async step<T>(name: string, work: (context: StepContext) => Promise<T> | T): Promise<T> {
    const stored = await this.#take(name);
    if (stored.has(name)) return stored.get(name) as T;
    const signal = this.#signal;
    return (await this.#store(name, await work({ signal, idempotencyKey: `${this.#jobId}/${name}` }))) as T;
  }

  async sleep(name: string, until: Date | number): Promise<void> {
    await this.#take(name);
    const [answer] = await this.#ask<{ ms: number }>(
      "select rowlock_private.left_of_sleep($1, $2, $3, $4, $5) as ms",
      typeof until === "number" ? [name, null, until] : [name, until, null],
    );
    const left = answer?.ms ?? 0;
    if (left > shortestSleepMs) throw new Asleep(left);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    this.#signal.throwIfAborted();
  }

  async #take(name: string): Promise<Map<string, unknown>> {
    this.#signal.throwIfAborted();
    if (this.#taken.has(name)) {
      throw new RowlockError(
        "INVALID_ARGUMENT",
        `The step "${name}" is there twice in one attempt. Give each a name of its own, such as "${name} 2".`,
        { issues: [{ path: "/name", message: "must be another one" }] },
      );
    }
    this.#taken.add(name);
    this.#stored ??= this.#ask<{ name: string; result: unknown }>(
      "select * from rowlock_private.stored_steps($1, $2)",
      [],
    ).then((rows) => new Map(rows.map((row) => [row.name, row.result])));
    return await this.#stored;
  }

  /** @returns the result as another attempt will be given it */
  async #store(name: string, result: unknown): Promise<unknown> {
    const text = JSON.stringify(result) ?? "null";
    if (Buffer.byteLength(text) > bounds.payloadBytes || !isStorable(text)) {
      throw new RowlockError(
        "INVALID_RESULT",
        `The result of the step "${name}" has ${Buffer.byteLength(text)} bytes, of which at most ${bounds.payloadBytes} are kept, or a text that Postgres cannot store. Store it in a table of yours and return its id.`,
      );
    }
    await this.#ask("select rowlock_private.store_step($1, $2, $3, $4)", [name, text]);
    return JSON.parse(text);
  }

  async #ask<Row extends Record<string, unknown>>(sql: string, values: unknown[]): Promise<Row[]> {
    const asked = this.#pool.query<Row>(sql, [this.#jobId, this.#fence, ...values]);
    return (await overOurConnection(asked).catch((error: unknown) => Promise.reject(fromDatabase(error))))
      .rows;
  }
}
