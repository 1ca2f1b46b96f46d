import { VisuallyHidden } from "@mantine/core";
import { changesOf } from "./changes.ts";
import classes from "./diff.module.css";

/** How many fields are shown at once; the rest opens. */
const few = 3;

/** What an action changed: what was, what is. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const changes = changesOf(before, after);
  if (changes.length === 0) return "—";
  const line = ({ name, before: old, after: now }: (typeof changes)[number]) => (
    <li key={name}>
      <span className={classes.name}>{name}</span>{" "}
      {old === undefined ? null : (
        <del className={classes.old}>
          <VisuallyHidden>was </VisuallyHidden>
          {old}
        </del>
      )}
      {old !== undefined && now !== undefined ? " → " : null}
      {now === undefined ? null : (
        <ins className={classes.now}>
          <VisuallyHidden>is </VisuallyHidden>
          {now}
        </ins>
      )}
    </li>
  );
  return (
    <div className={classes.diff}>
      <ul>{changes.slice(0, few).map(line)}</ul>
      {changes.length <= few ? null : (
        <details>
          <summary>{changes.length - few} more</summary>
          <ul>{changes.slice(few).map(line)}</ul>
        </details>
      )}
    </div>
  );
}
