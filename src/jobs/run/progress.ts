import type { Pool } from "pg";
import { fromDatabase } from "../../sdk/index.ts";
import { overOurConnection } from "../../tenancy/index.ts";
import { noteChange } from "../changes.ts";
import type { Begun } from "./begin.ts";

const everyMs = 500;

type Reported = { fraction: number; note: string | undefined };

/** The progress of one attempt, written twice a second at most; what is told in between is written when its time has come. */
export class Progress {
  readonly #pool: Pool;
  readonly #begun: Begun;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #next: Reported | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Pool, begun: Begun) {
    this.#pool = pool;
    this.#begun = begun;
  }

  /** @throws RowlockError JOB_LOST, INVALID_ARGUMENT when it is written at once */
  async report(fraction: number, note: string | undefined): Promise<void> {
    const leftMs = this.#writtenAt + everyMs - performance.now();
    if (leftMs <= 0 || fraction >= 1) {
      this.stop();
      await this.#write({ fraction, note });
      return;
    }
    this.#next = { fraction, note };
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const next = this.#next;
      // Whoever lost the job is told so by what it does next.
      if (next !== undefined) this.#write(next).catch(() => undefined);
    }, leftMs).unref();
  }

  /** The attempt is over: its end says more than its progress. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
  }

  async #write({ fraction, note }: Reported): Promise<void> {
    this.#writtenAt = performance.now();
    this.#next = undefined;
    const { job, fence } = this.#begun;
    const reported = this.#pool.query("select rowlock_private.report_progress($1, $2, $3, $4)", [
      job.id,
      fence,
      fraction,
      note?.replaceAll("\0", "") ?? null,
    ]);
    await overOurConnection(reported).catch((error: unknown) => Promise.reject(fromDatabase(error)));
    noteChange(this.#pool, job.organizationId, job.id);
  }
}
