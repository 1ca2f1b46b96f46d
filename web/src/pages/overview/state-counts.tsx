import { UnstyledButton } from "@mantine/core";
import { Link } from "react-router";
import { formatNumber } from "../../lib/text.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import classes from "./overview.module.css";

/** The ways of a job, in the order in which it goes through them. */
const order = ["scheduled", "blocked", "waiting", "queued", "running", "succeeded", "failed", "cancelled"];

/** How many jobs are in each state; each leads to them. */
export function StateCounts({ states }: { states: readonly { state: string; jobs: number }[] }) {
  return (
    <nav aria-label="Jobs by state" className={classes.states}>
      {order.map((state) => {
        const jobs = states.find((one) => one.state === state)?.jobs ?? 0;
        return (
          <UnstyledButton
            key={state}
            component={Link}
            to={`/jobs?state=${state}`}
            className={classes.state ?? ""}
            data-none={jobs === 0 || undefined}
          >
            <span className={classes.number}>{formatNumber(jobs)}</span>
            <StateBadge state={state} />
          </UnstyledButton>
        );
      })}
    </nav>
  );
}
