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
    written: { code: string; message: string; retryInMs: number | null; counts: boolean } | undefined;
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
            retry_in_ms: written.retryInMs,
            counts: written.counts,
          },
        ],
  );
  return {
    name: "rowlock_end_jobs",
    // In so many milliseconds by the database's clock: this machine's may be wrong.
    text: `select rowlock_private.end_jobs($1, $2, $3, (
      select coalesce(jsonb_agg(f || jsonb_build_object('retry_at',
        rowlock_private.clock() + (f ->> 'retry_in_ms')::float8 * interval '1 millisecond')), '[]')
      from jsonb_array_elements($4::jsonb) f), $5, $6)`,
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
