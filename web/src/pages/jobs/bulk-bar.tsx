import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { counted } from "../../lib/text.ts";
import type { Selection } from "../../ui/selection.ts";
import { BulkDialog } from "./bulk-dialog.tsx";
import { type Filters, retriable, toMatch, unfinished } from "./filters.ts";
import classes from "./jobs.module.css";

export type Bulk = {
  verb: "Retry" | "Cancel";
  match: ReturnType<typeof toMatch> | { ids: string[]; states: string[] };
};

/** Retries or cancels the chosen jobs, or all that fit the filters, seen or not. The number is shown before. */
export function BulkBar(props: { filters: Filters; selection: Selection; now: number }) {
  const { filters, selection, now } = props;
  const [bulk, setBulk] = useState<Bulk>();
  const chosen = selection.ids.size;
  const verbs = [
    { verb: "Retry", states: retriable },
    { verb: "Cancel", states: unfinished },
  ] as const;

  return (
    <section className={classes.bulk} aria-label="Many jobs at once">
      {chosen === 0 ? null : (
        <>
          <Text size="sm" role="status">
            {counted(chosen, "job")} chosen
          </Text>
          {verbs.map(({ verb, states }) => (
            <Button
              key={verb}
              variant="default"
              onClick={() => setBulk({ verb, match: { ids: [...selection.ids], states } })}
            >
              {verb} chosen
            </Button>
          ))}
          <Button variant="subtle" onClick={selection.clear}>
            Choose none
          </Button>
        </>
      )}
      {chosen > 0
        ? null
        : verbs.map(({ verb, states }) => {
            const fitting =
              filters.states.length === 0 ? states : states.filter((s) => filters.states.includes(s));
            const hint =
              filters.text === ""
                ? undefined
                : "A text cannot be counted over all jobs: choose rows instead.";
            return fitting.length === 0 ? null : (
              <Button
                key={verb}
                variant="subtle"
                disabled={hint !== undefined}
                title={hint}
                onClick={() => setBulk({ verb, match: toMatch(filters, fitting, now) })}
              >
                {verb} all that match …
              </Button>
            );
          })}
      {bulk === undefined ? null : (
        <BulkDialog
          bulk={bulk}
          close={() => setBulk(undefined)}
          done={() => {
            selection.clear();
          }}
        />
      )}
    </section>
  );
}
