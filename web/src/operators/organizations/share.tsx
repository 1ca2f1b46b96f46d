import { Text } from "@mantine/core";
import { percent } from "../../lib/text.ts";
import classes from "./share.module.css";

/** What an organization uses of all that runs, beside what is due to it: a bar with a mark, and in numbers. */
export function Share({ used, due }: { used: number | null; due: number | null }) {
  const has = used ?? 0;
  return (
    <div className={classes.share}>
      <div className={classes.bar} aria-hidden>
        <span className={classes.used} style={{ width: `${Math.min(1, has) * 100}%` }} />
        {due === null ? null : (
          <span className={classes.due} style={{ insetInlineStart: `${Math.min(1, due) * 100}%` }} />
        )}
      </div>
      <Text size="xs" className={classes.words ?? ""}>
        {percent(has)} used, {due === null ? "due unknown" : `${percent(due)} due`}
      </Text>
    </div>
  );
}
