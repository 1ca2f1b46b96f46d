import classes from "./run-state.module.css";

const meanings: Readonly<Record<string, string>> = {
  queued: "Has not begun",
  running: "Under way",
  completed: "All tests were judged, whatever the verdicts",
  partial: "All tests have ended, some could not be judged",
  passed: "Every metric says it is good",
  failed: "Not good, or not one test could be judged",
  errored: "Nobody could judge; that is not a failed test",
  cancelled: "Was cancelled",
  fixed: "Failed before, passes now",
  regressed: "Passed before, fails now",
};

/** The state of a run or of one of its results, by its word, a shape and a colour. */
export function RunState({ state }: { state: string }) {
  return (
    <span className={classes.badge} data-state={state} title={meanings[state]}>
      <span className={classes.mark} aria-hidden />
      {state}
    </span>
  );
}
