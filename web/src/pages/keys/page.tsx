import { Button, Stack } from "@mantine/core";
import { PlusIcon } from "@radix-ui/react-icons";
import { useMemo, useState } from "react";
import {
  type ApiKeysQuery,
  ApiKeysQueryText,
  RevokeApiKeyMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { useIsAdmin, useViewer } from "../../session/use-viewer.ts";
import { Answer } from "../../ui/answer.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty } from "../../ui/states.tsx";
import { KeyForm } from "./key-form.tsx";

type Key = NonNullable<NonNullable<ApiKeysQuery["apiKeys"]>["nodes"][number]>;

/** The keys with which programs come in. */
export function Page() {
  const viewer = useViewer();
  const isAdmin = useIsAdmin();
  const own = viewer?.userId;
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useQueryOf(
    ApiKeysQueryText,
    { first: 50, after },
    { keep: true },
  );
  const { mutateAsync: revoke } = useMutationOf(RevokeApiKeyMutationText);
  const [making, setMaking] = useState(false);
  const [doomed, setDoomed] = useState<Key>();
  const columns = useMemo(() => columnsOf((key) => isAdmin || key.userId === own, setDoomed), [isAdmin, own]);
  const rows = useMemo(() => nodesOf(data?.apiKeys), [data]);
  return (
    <Stack gap="md">
      <PageHeader
        title="API keys"
        description="A program that has one acts as the member who made it, with the key's role at most."
        actions={
          <Button leftSection={<PlusIcon />} onClick={() => setMaking(true)}>
            New key
          </Button>
        }
      />
      <Answer query={{ data, error, refetch }} what="the keys">
        {(data) => (
          <Panel title="Keys" flush>
            <DataTable
              caption="API keys"
              columns={columns}
              rows={rows}
              rowId={({ id }) => id}
              empty={<Empty title="No key yet">A program needs one to launch jobs through the API.</Empty>}
              more={more(data.apiKeys?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
      <Dialog
        opened={making}
        onClose={() => setMaking(false)}
        title="New API key"
        // A click beside it would lose the secret.
        closeOnClickOutside={false}
      >
        <KeyForm done={() => setMaking(false)} />
      </Dialog>
      <ConfirmDialog
        opened={doomed !== undefined}
        close={() => setDoomed(undefined)}
        title={`Revoke the key “${doomed?.name ?? ""}”?`}
        confirm="Revoke 1 key"
        danger
        act={async () => {
          if (doomed !== undefined) await revoke({ id: doomed.id });
        }}
      >
        It ends at once, for good. Programs that use it are refused from then on.
      </ConfirmDialog>
    </Stack>
  );
}

function stateOf({ revokedAt, expiresAt }: Key): { state: string; word: string } {
  if (revokedAt !== null) return { state: "cancelled", word: "revoked" };
  if (expiresAt !== null && Date.parse(expiresAt) < Date.now())
    return { state: "cancelled", word: "expired" };
  return { state: "complete", word: "valid" };
}

function columnsOf(mayRevoke: (key: Key) => boolean, revoke: (key: Key) => void): readonly Column<Key>[] {
  return [
    { id: "name", header: "Key", sortBy: ({ name }) => name, cell: ({ name }) => <b>{name}</b> },
    { id: "prefix", header: "Begins", hideBelow: "sm", cell: ({ prefix }) => <code>{prefix}…</code> },
    { id: "role", header: "Role", width: "90px", cell: ({ role }) => role },
    {
      id: "state",
      header: "State",
      width: "100px",
      cell: (key) => <StateBadge state={stateOf(key).state}>{stateOf(key).word}</StateBadge>,
    },
    {
      id: "created",
      header: "Made",
      width: "100px",
      hideBelow: "md",
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    },
    {
      id: "expires",
      header: "Ends",
      width: "100px",
      hideBelow: "sm",
      cell: ({ expiresAt }) => <RelativeTime at={expiresAt} none="never" />,
    },
    {
      id: "actions",
      header: "Actions",
      width: "100px",
      align: "right",
      cell: (key) =>
        key.revokedAt !== null ? null : (
          <Button
            variant="default"
            size="compact-xs"
            disabled={!mayRevoke(key)}
            aria-label={`Revoke ${key.name}`}
            onClick={() => revoke(key)}
          >
            Revoke
          </Button>
        ),
    },
  ];
}
