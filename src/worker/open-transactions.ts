import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { Logger } from "../log.ts";

export type TransactionWatchOptions = {
  /** Of the login rowlock_task. */
  pool: Pool;
  logger: Logger;
  /** Open for this long, a transaction is warned of; and so often again. */
  afterMs?: number;
  everyMs?: number;
};

type OpenTransaction = {
  transaction: string;
  backend: number;
  login: string;
  application: string;
  address: string | null;
  state: string | null;
  since: Date | null;
};

/** `since`: when it began or, where we may not see that, when we first saw it. */
type Known = { since: number; warnedAt: number };

/** Warns of transactions that stay open, once a minute for each, naming who holds them. */
export function watchTransactions({
  pool,
  logger,
  afterMs = 60_000,
  everyMs = 15_000,
}: TransactionWatchOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let known = new Map<string, Known>();

  const look = async () => {
    const { rows } = await pool.query<OpenTransaction>(
      "select * from rowlock_private.open_transactions(make_interval(secs => $1::int / 1000.0), $2, $3)",
      [afterMs, hostname(), process.pid],
    );
    const now = Date.now();
    const open = new Map<string, Known>();
    for (const row of rows) {
      const name = `${row.backend} ${row.transaction}`;
      const { since, warnedAt } = known.get(name) ?? { since: row.since?.getTime() ?? now, warnedAt: 0 };
      const due = now - since >= afterMs && now - warnedAt >= afterMs;
      if (due) warn(logger, row, new Date(since), now - since);
      open.set(name, { since, warnedAt: due ? now : warnedAt });
    }
    // What is not open any more is forgotten.
    known = open;
  };

  const watching = (async () => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      // The database is away: others say so.
      await look().catch((error: Error) => logger.debug(`Cannot see open transactions: ${error.message}`));
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

function warn(logger: Logger, row: OpenTransaction, since: Date, ms: number): void {
  const { backend, login, application, address, state } = row;
  const told = row.since !== null;
  const from = told ? `, from ${address ?? "this host"}` : "";
  logger.warn(
    `A transaction is open for ${told ? "" : "at least "}${Math.round(ms / 1000)} s, since ${since.toISOString()}: ` +
      `backend ${backend}, login ${login}, application "${application}"${from}${state === null ? "" : `, ${state}`}. ` +
      `Nothing that it may still see can be vacuumed. End it where it was begun, or with pg_terminate_backend(${backend}).`,
    {
      backend,
      login,
      application,
      address,
      state,
      since: since.toISOString(),
      seconds: Math.round(ms / 1000),
    },
  );
}
