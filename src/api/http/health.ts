import { setTimeout as sleep } from "node:timers/promises";
import type { Response, Router } from "express";
import type { Pool } from "pg";
import { assertSchemaCurrent, type Chain } from "../../db/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { toCallerError } from "../errors.ts";

const longestCheckMs = 2_000;

/**
 * `/healthz`: this process lives. `/readyz`: it can serve, for the database answers and its schema is the current one;
 * else 503 with the reason, within two seconds.
 */
export function installHealth(
  router: Router,
  { pool, chains }: { pool: Pool; chains: readonly Chain[] },
): void {
  router.get("/healthz", (_request, response) => {
    send(response, 200, { status: "ok" });
  });
  // Many probes at once are one question to the database.
  let asking: Promise<RowlockError | undefined> | undefined;
  router.get("/readyz", async (_request, response) => {
    asking ??= reasonNotReady(pool, chains).finally(() => {
      asking = undefined;
    });
    const reason = await asking;
    if (reason === undefined) send(response, 200, { status: "ready" });
    else send(response, 503, { status: "not ready", code: reason.code, message: reason.message });
  });
}

async function reasonNotReady(pool: Pool, chains: readonly Chain[]): Promise<RowlockError | undefined> {
  const timer = new AbortController();
  const late = sleep(longestCheckMs, undefined, { signal: timer.signal, ref: false }).then(
    () =>
      new RowlockError(
        "DATABASE_UNAVAILABLE",
        `The database did not answer within ${longestCheckMs} ms. Check it and the network.`,
      ),
    () => undefined,
  );
  const answered = assertSchemaCurrent(pool, chains).then(
    () => undefined,
    (error: unknown) => toCallerError(error, undefined),
  );
  const reason = await Promise.race([answered, late]);
  timer.abort();
  return reason;
}

function send(response: Response, status: number, body: object): void {
  response.set("cache-control", "no-store").status(status).json(body);
}
