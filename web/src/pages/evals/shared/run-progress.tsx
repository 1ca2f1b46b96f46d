import { percent } from "../../../lib/text.ts";
import classes from "./run-progress.module.css";

export type Counts = {
  passed?: number | null;
  failed?: number | null;
  errored?: number | null;
  cancelled?: number | null;
  running?: number | null;
};

const order = ["passed", "failed", "errored", "cancelled"] as const;

/** How far a run is, and with what: what passed, failed, errored and was cancelled of all its results. */
export function RunProgress({ total, counts, label }: { total: number; counts: Counts; label: string }) {
  const done = order.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const fraction = total === 0 ? 1 : done / total;
  return (
    <div className={classes.frame}>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(fraction * 100)}
        aria-valuetext={`${done} of ${total} tests`}
      >
        {order.map((state) => (
          <span
            key={state}
            data-state={state}
            style={{ width: `${((counts[state] ?? 0) / Math.max(1, total)) * 100}%` }}
          />
        ))}
      </div>
      <span className={classes.text}>{percent(fraction)}</span>
    </div>
  );
}
