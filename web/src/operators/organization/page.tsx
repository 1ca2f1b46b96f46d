import { Button, Stack } from "@mantine/core";
import { useState } from "react";
import { useParams } from "react-router";
import { formatNumber, shortId } from "../../lib/text.ts";
import { exactTime, shortDuration } from "../../lib/time.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { FigureList } from "../../ui/figure-list.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useOperatorMutation, useOperatorQuery } from "../door.ts";
import {
  CreatePolicyMutationText,
  OrganizationPolicyQueryText,
  UpdatePolicyMutationText,
} from "../graphql.generated.ts";
import { Paused } from "../organizations/paused.tsx";
import { Share } from "../organizations/share.tsx";
import { PolicyForm } from "./policy-form.tsx";

/** One organization: what it uses, what it may use, and a pause. */
export function Page() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useOperatorQuery(OrganizationPolicyQueryText, { id });
  const create = useOperatorMutation(CreatePolicyMutationText);
  const update = useOperatorMutation(UpdatePolicyMutationText);
  const [asked, setAsked] = useState(false);
  if (error !== null && data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingState what="the organization" />;
  const share = data.organizationShares?.nodes[0] ?? undefined;
  const name = share?.name ?? shortId(id);
  const policy = data.policy ?? null;
  const paused = policy?.paused === true;
  const verb = paused ? "Resume" : "Pause";
  return (
    <Stack gap="md">
      <PageHeader
        title={name}
        beside={share === undefined ? undefined : <Paused {...share} />}
        description={
          policy === null ? "No limits were set yet." : `Limits last changed ${exactTime(policy.updatedAt)}`
        }
        actions={
          <Button variant={paused ? "filled" : "default"} onClick={() => setAsked(true)}>
            {verb} {name}
          </Button>
        }
      />
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      <Panel title="Now">
        <FigureList
          wide
          figures={[
            ["Waiting", formatNumber(share?.waiting ?? 0)],
            [
              "Oldest waiting",
              share?.oldestWaitingSeconds == null ? "—" : shortDuration(share.oldestWaitingSeconds * 1_000),
            ],
            ["In flight", formatNumber(share?.inFlight ?? 0)],
            ["Scheduled", formatNumber(share?.scheduled ?? 0)],
            ["Share", <Share key="share" used={share?.used ?? 0} due={share?.due ?? 0} />],
          ]}
        />
      </Panel>
      <Panel title="What it may use">
        <PolicyForm organizationId={id} policy={policy} />
      </Panel>
      <ConfirmDialog
        opened={asked}
        close={() => setAsked(false)}
        title={`${verb} ${name}?`}
        confirm={`${verb} ${name}`}
        act={() =>
          policy === null
            ? create.mutateAsync({ policy: { organizationId: id, paused: true } })
            : update.mutateAsync({ id, patch: { paused: !paused } })
        }
      >
        {paused
          ? "What has waited begins, in its order. A pause of its own stays."
          : "None of its jobs is handed over. What runs goes on, and launches are taken and wait."}
      </ConfirmDialog>
    </Stack>
  );
}
