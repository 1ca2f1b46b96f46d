import classes from "./state-badge.module.css";

/** What each state of a job means, in the words of docs/jobs.md. */
const meanings: Readonly<Record<string, string>> = {
  scheduled: "Its time has not come",
  blocked: "Waits for jobs it depends on",
  waiting: "Waits for its organization's turn",
  queued: "Handed to the workers",
  running: "A worker runs it",
  succeeded: "Ended well",
  failed: "Ended badly, no attempt is left",
  cancelled: "Was cancelled; what it wrote was rolled back",
};

/** The state of a job, a batch or a run: its word, and a shape and colour to find it by. */
export function StateBadge({ state, children }: { state: string; children?: string }) {
  return (
    <span className={classes.badge} data-state={state} title={meanings[state]}>
      <span className={classes.mark} aria-hidden />
      {children ?? state}
    </span>
  );
}
