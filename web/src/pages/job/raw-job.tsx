import { Button } from "@mantine/core";
import { useState } from "react";
import { JsonView } from "../../ui/json-view.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { Job, JobEvent, JobStep } from "./types.ts";

/** Everything that was read of the job, as it came. */
export function RawJob(props: { job: Job; events: readonly JobEvent[]; steps: readonly JobStep[] }) {
  const [open, setOpen] = useState(false);
  return (
    <Panel
      title="Raw"
      actions={
        <Button variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide the JSON" : "Show the JSON"}
        </Button>
      }
    >
      {open ? <JsonView value={props} label="job" height={520} /> : null}
    </Panel>
  );
}
