import type { Statement } from "../../tenancy/index.ts";
import type { JobInfo } from "../context.ts";
import type { Begun } from "./begin.ts";
import type { Outcome } from "./outcome.ts";

/** How the jobs of a bundle ended, before it is written. */
export type Ended = {
  done: { job: JobInfo; startedAt: Date; result: string | null }[];
  failed: {
    job: JobInfo;
    fence: number;
    startedAt: Date;
    outcome: Outcome;
    /** What the job's row is to say; undefined: nothing, the broker's next delivery decides. */
    written: { code: string; message: string; retryAt: Date | null; counts: boolean } | undefined;
  }[];
  /** Those whose turn did not come. */
  unbegun: Begun[];
  stopping: boolean;
};

/** The statement that ends all jobs of a bundle. */
export function endStatement({ done, failed, unbegun, stopping }: Ended): Statement {
  const failures = failed.flatMap(({ job, fence, startedAt, written }) =>
    written === undefined
      ? []
      : [
          {
            id: job.id,
            fence,
            started_at: startedAt,
            code: written.code,
            message: written.message,
            retry_at: written.retryAt,
            counts: written.counts,
          },
        ],
  );
  return {
    name: "rowlock_end_jobs",
    text: "select rowlock_private.end_jobs($1, $2, $3, $4, $5, $6)",
    values: [
      done.map(({ job }) => job.id),
      done.map(({ startedAt }) => startedAt),
      done.map(({ result }) => result),
      JSON.stringify(failures),
      unbegun.map(({ job }) => job.id),
      stopping,
    ],
  };
}
