import { createServer } from "node:http";
import type { WorkerEvents } from "graphile-worker";

/** A worker that has free hands and has not asked the queue for this long is stuck. */
const staleAfterMs = 15_000;
/** Long ago, by a clock that nobody sets. */
const never = -1e10;

export type WorkerHealth = {
  healthy: boolean;
  /** Since the queue was last asked, or all hands were full. */
  idleMs: number;
  polledMsAgo: number;
  running: number;
};

/** Watches a worker: healthy means that it asked the queue lately, or that all its hands are full. */
export function watchHealth(events: WorkerEvents, concurrency: number): () => WorkerHealth {
  let polledAt = never;
  let fullAt = never;
  let running = 0;
  const noteFull = () => {
    if (running >= concurrency) fullAt = performance.now();
  };
  events.on("localQueue:getJobs:complete", () => {
    polledAt = performance.now();
  });
  events.on("job:start", () => {
    running += 1;
    noteFull();
  });
  events.on("job:complete", () => {
    noteFull();
    running -= 1;
  });
  return () => {
    noteFull();
    const idleMs = performance.now() - Math.max(polledAt, fullAt);
    return {
      healthy: idleMs < staleAfterMs,
      idleMs: Math.round(idleMs),
      polledMsAgo: Math.round(performance.now() - polledAt),
      running,
    };
  };
}

/** Serves /healthz and /readyz of a worker process on a port of its own. */
export async function serveHealth(
  port: number,
  health: () => WorkerHealth,
): Promise<{ port: number; close(): void }> {
  const server = createServer((_request, response) => {
    const now = health();
    response.writeHead(now.healthy ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify(now));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, () => resolve());
  await promise;
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => server.close(),
  };
}
