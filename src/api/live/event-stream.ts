import { setTimeout as sleep } from "node:timers/promises";
import type { Request, RequestHandler, Response } from "express";
import { createHandler } from "graphql-sse/lib/use/express";
import type { ExecutionResult } from "postgraphile/graphql";
import type { RowlockError } from "../../sdk/index.ts";
import { memberOf } from "../request.ts";
import type { Hub } from "./hub.ts";
import { asGraphqlError, patienceMs, standIn } from "./outlet.ts";
import type { Watch, WatchReader } from "./watch.ts";

export type EventStreams = { handle: RequestHandler; stop(): void };

/** Results that wait for one client; of more there is but what stands for them. */
const mostWaiting = 50;
const lookEveryMs = 20;

/** Subscriptions over HTTP as server-sent events, by the protocol of graphql-sse: one request each. */
export function serveEventStreams({ hub, read }: { hub: Hub; read: WatchReader }): EventStreams {
  const open = new Set<Results>();
  const handler = createHandler({
    // A connection for many streams would need to be reserved; browsers have WebSockets for that.
    authenticate: () => null,
    async onSubscribe(request, params) {
      const watch = read(params);
      if (!("document" in watch)) return { data: null, errors: watch };
      const { expiresAt, ...member } = memberOf(request.raw);
      const results = new Results(watch, request.context.res);
      const seat = await hub.enter(member, expiresAt, (reason) => results.end(reason));
      const leave = seat.watch(watch, {
        next: (text) => results.push(text),
        fail: (error) => results.end(error),
        complete: () => results.end(undefined),
      });
      open.add(results);
      results.onOver = () => {
        open.delete(results);
        leave();
        seat.leave();
      };
      return results;
    },
  });
  return {
    handle: async (request: Request, response: Response) => {
      await handler(request, response);
    },
    stop() {
      for (const results of open) results.end(undefined);
    },
  };
}

/**
 * The results of one stream. The protocol's library takes results as fast as they come and keeps what is not sent, so the
 * next is given to it when the one before is on its way: a client that does not read costs what waits here, and is let go.
 */
class Results implements AsyncIterableIterator<ExecutionResult> {
  onOver: () => void = () => undefined;
  readonly #isState: boolean;
  #waiting: string[] = [];
  #last: { error: RowlockError | undefined } | undefined;
  #over = false;
  #wake: () => void = () => undefined;
  readonly #response: Response;

  constructor(watch: Watch, response: Response) {
    this.#isState = watch.field !== "jobChanges";
    this.#response = response;
  }

  push(text: string): void {
    const behind = this.#isState || this.#waiting.length >= mostWaiting;
    if (behind) this.#waiting = [standIn(text, this.#isState)];
    else this.#waiting.push(text);
    this.#wake();
  }

  /** What waits is dropped: whoever may see nothing more sees nothing of before either. */
  end(error: RowlockError | undefined): void {
    this.#waiting = [];
    this.#last ??= { error };
    this.#wake();
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#sent();
    while (!this.#over) {
      const text = this.#waiting.shift();
      if (text !== undefined) return { done: false, value: JSON.parse(text) as ExecutionResult };
      if (this.#last !== undefined) {
        const { error } = this.#last;
        await this.return();
        if (error !== undefined) return { done: false, value: { errors: [asGraphqlError(error)] } };
        break;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { done: true, value: undefined };
  }

  async #sent(): Promise<void> {
    const since = performance.now();
    while (this.#response.writableLength > 0 && !this.#over) {
      await sleep(lookEveryMs);
      if (performance.now() - since < patienceMs) continue;
      this.#response.destroy();
      await this.return();
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (!this.#over) this.onOver();
    this.#over = true;
    this.#wake();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
