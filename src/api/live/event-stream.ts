import type { Request, RequestHandler, Response } from "express";
import { createHandler } from "graphql-sse/lib/use/express";
import type { RowlockError } from "../../sdk/index.ts";
import { memberOf } from "../request.ts";
import type { Hub } from "./hub.ts";
import { lastResult } from "./last-result.ts";
import { hangUpWithin, notRead, Outlet } from "./outlet.ts";
import type { WatchReader } from "./watch.ts";

export type EventStreams = { handle: RequestHandler; stop(): void };

/** Subscriptions over HTTP as server-sent events, by the protocol of graphql-sse: one request each. */
export function serveEventStreams({ hub, read }: { hub: Hub; read: WatchReader }): EventStreams {
  const open = new Set<(reason: RowlockError | undefined) => void>();
  const handler = createHandler({
    // A connection for many streams would need to be reserved; browsers have WebSockets for that.
    authenticate: () => null,
    async onSubscribe(request, params) {
      const watch = read(params);
      if (!("document" in watch)) return { data: null, errors: watch };
      const { expiresAt, ...member } = memberOf(request.raw);
      const { res: response } = request.context;
      const ending = Promise.withResolvers<RowlockError | undefined>();
      /** What waits is dropped: whoever may see nothing more sees nothing of before either. */
      const end = (reason: RowlockError | undefined) => {
        outlet.close();
        ending.resolve(reason);
        // Whoever does not read would keep the connection.
        setTimeout(() => {
          if (!response.writableFinished) response.destroy();
        }, hangUpWithin(reason)).unref();
      };
      const outlet = new Outlet({
        // Before the protocol has sent its head, nothing may go past it.
        unsent: () => (response.headersSent ? response.writableLength : Number.POSITIVE_INFINITY),
        tooSlow: () => end(notRead()),
      });
      const seat = await hub.enter(member, expiresAt, end);
      const isState = watch.field !== "jobChanges";
      seat.watch(watch, {
        next: (text) => outlet.next("", text, isState, (one) => write(response, one)),
        fail: end,
        complete: () => end(undefined),
      });
      open.add(end);
      return lastResult(ending.promise, () => {
        open.delete(end);
        outlet.close();
        seat.leave();
      });
    },
  });
  return {
    handle: async (request: Request, response: Response) => {
      await handler(request, response).catch((error: unknown) => {
        // Whoever hung up, or was cut off, is told nothing more; what was on its way then is no fault.
        if (!response.destroyed) throw error;
      });
    },
    stop() {
      for (const end of open) end(undefined);
    },
  };
}

/** A result, as the protocol would have it; JSON has no line breaks. */
function write(response: Response, text: string): void {
  response.write(`event: next\ndata: ${text}\n\n`);
}
