import pg from "pg";
import { RowlockError, sqlstateOf } from "../sdk/index.ts";
import { overOurConnection } from "./database-failure.ts";
import { sendTogether } from "./send-together.ts";
import type { Statement, TenantTransaction } from "./transaction.ts";

/** A part of a tenant transaction: one job of a bundle. */
export type TenantPart = {
  /** Dies with the part. */
  tx: TenantTransaction;
  /** Settles when the part has sent its first statements. */
  sent: Promise<void>;
  /** Ends the part. @throws RowlockError INTERNAL when a statement of it had failed; it must be undone then */
  keep(): Promise<void>;
  /** Ends the part and takes back what it wrote; only of one that stands alone. */
  undo(): void;
};

/** The parts of one transaction, in the order in which they began: so go their statements. */
export class Parts {
  readonly #client: pg.PoolClient;
  readonly #isOpen: () => boolean;
  #begun = 0;
  overtaken = false;

  constructor(client: pg.PoolClient, isOpen: () => boolean) {
    this.#client = client;
    this.#isOpen = isOpen;
  }

  begin(jobId: string, alone: boolean): TenantPart {
    this.#begun += 1;
    const mine = this.#begun;
    const savepoint = `rowlock_part_${mine}`;
    const pending = new Set<Promise<unknown>>();
    const { promise: sent, resolve: hasSent } = Promise.withResolvers<void>();
    let current = true;
    let failed = false;
    sendTogether(this.#client);
    if (alone) this.#send(`savepoint ${savepoint}`);
    this.#send(`set local rowlock.job_id = ${pg.escapeLiteral(jobId)}`);

    const query = (statement: string | Statement, values?: unknown[]) => {
      if (!this.#isOpen() || !current) return refuse(closedError());
      if (endsTransaction.test(typeof statement === "string" ? statement : statement.text)) {
        return refuse(notYours());
      }
      if (this.#begun !== mine) {
        // The claim is another job's by now, and what this one read may be old.
        this.overtaken = true;
        return refuse(overtakenError());
      }
      const answer = overOurConnection(
        values === undefined ? this.#client.query(statement) : this.#client.query(statement, values),
      );
      pending.add(answer);
      answer
        .catch(() => {
          failed = true;
        })
        .finally(() => pending.delete(answer));
      hasSent();
      return answer;
    };
    return {
      tx: { query } as TenantTransaction,
      sent,
      keep: async () => {
        current = false;
        if (!alone) {
          // What is under way is waited for: only then is it known whether all went well.
          if (pending.size > 0) await Promise.allSettled(pending);
          if (failed) throw swallowedError();
          return;
        }
        const kept = this.#send(`release savepoint ${savepoint}`);
        // Nothing failed, so this cannot: it goes out with the next part. Otherwise the answer says.
        if (!failed && pending.size === 0) return;
        await kept.catch((error: unknown) => {
          throw sqlstateOf(error) === "25P02" ? swallowedError() : error;
        });
      },
      undo: () => {
        current = false;
        this.#send(`rollback to savepoint ${savepoint}`);
        this.#send(`release savepoint ${savepoint}`);
      },
    };
  }

  #send(text: string): Promise<unknown> {
    const answer = this.#isOpen()
      ? overOurConnection(this.#client.query(text))
      : Promise.reject(closedError());
    answer.catch(() => undefined);
    return answer;
  }
}

function refuse(error: RowlockError): Promise<never> {
  const refusal = Promise.reject(error);
  // One that nobody awaits must not end the process.
  refusal.catch(() => undefined);
  return refusal;
}

/** In a bundle the transaction is not the task's alone. Deeper tricks are found out at the end. */
const endsTransaction = /^\s*(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;

function notYours(): RowlockError {
  return new RowlockError("NO_CLAIMS", "A task must not end the transaction it was given. Use a savepoint.");
}

function overtakenError(): RowlockError {
  return new RowlockError("INTERNAL", "The next job of the bundle had begun; this one runs again.");
}

export function swallowedError(): RowlockError {
  return new RowlockError(
    "INTERNAL",
    "The transaction was rolled back because a statement in it had failed. Let the error of a query pass, or use a savepoint.",
  );
}

export function closedError(): RowlockError {
  return new RowlockError(
    "INTERNAL",
    "This transaction has ended. Await every query before the function that was given the transaction returns.",
  );
}
