import { formatNumber } from "../../lib/text.ts";
import { type Count, countsOf, type Progress } from "./counts.ts";
import classes from "./counts-bar.module.css";

/** Jobs by state as one bar, its parts as wide as their numbers, with the numbers in words below. */
export function CountsBar({ progress }: { progress: Progress }) {
  const counts = countsOf(progress);
  return (
    <div className={classes.frame}>
      <div className={classes.bar} aria-hidden>
        {counts.map(({ state, jobs }) => (
          <span key={state} data-state={state} style={{ flexGrow: jobs }} />
        ))}
      </div>
      <div className={classes.words}>
        {counts.length === 0 ? "no jobs yet" : counts.map(word).join(" · ")}
      </div>
    </div>
  );
}

const word = ({ state, jobs }: Count): string => `${formatNumber(jobs)} ${state}`;
