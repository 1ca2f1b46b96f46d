import { Button, Select, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { PlusIcon } from "@radix-ui/react-icons";
import { useMemo, useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import {
  AddMemberMutationText,
  type MembersQuery,
  MembersQueryText,
  RemoveMemberMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { useIsAdmin } from "../../session/use-viewer.ts";
import { Answer } from "../../ui/answer.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { AddMember } from "./add-member.tsx";
import { roleNames } from "./roles.ts";

type Member = NonNullable<NonNullable<MembersQuery["memberships"]>["nodes"][number]>;

/** Who belongs to the organization, and as what. */
export function Page() {
  const isAdmin = useIsAdmin();
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useQueryOf(
    MembersQueryText,
    { first: 100, after },
    { keep: true },
  );
  const { mutateAsync: save } = useMutationOf(AddMemberMutationText);
  const { mutateAsync: remove } = useMutationOf(RemoveMemberMutationText);
  const [adding, setAdding] = useState(false);
  const [leaver, setLeaver] = useState<Member>();
  const columns = useMemo(
    () =>
      columnsOf(isAdmin, setLeaver, ({ user }, role) => {
        if (user !== null) save({ email: user.email, role }).catch(tellRefused);
      }),
    [isAdmin, save],
  );
  const rows = useMemo(() => nodesOf(data?.memberships), [data]);
  return (
    <Stack gap="md">
      <PageHeader
        title="Members"
        description="What a member may do follows from the role; it takes effect at once, on sessions that are open too."
        actions={
          <Button leftSection={<PlusIcon />} disabled={!isAdmin} onClick={() => setAdding(true)}>
            Add member
          </Button>
        }
      />
      <Answer query={{ data, error, refetch }} what="the members">
        {(data) => (
          <Panel title="All members" flush>
            <DataTable
              caption="Members"
              columns={columns}
              rows={rows}
              rowId={({ userId }) => userId}
              more={more(data.memberships?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Add a member">
        <AddMember done={() => setAdding(false)} />
      </Dialog>
      <ConfirmDialog
        opened={leaver !== undefined}
        close={() => setLeaver(undefined)}
        title={`Remove ${leaver?.user?.email ?? "the member"}?`}
        confirm="Remove 1 member"
        danger
        act={async () => {
          if (leaver !== undefined) await remove({ userId: leaver.userId });
        }}
      >
        Sessions and API keys of this person end at once. Jobs and schedules stay; schedules that launch for
        the person turn off at their next tick.
      </ConfirmDialog>
    </Stack>
  );
}

function columnsOf(
  isAdmin: boolean,
  remove: (member: Member) => void,
  change: (member: Member, role: string) => void,
): readonly Column<Member>[] {
  return [
    {
      id: "who",
      header: "Member",
      sortBy: ({ user }) => user?.email ?? "",
      cell: ({ user, userId }) => (
        <>
          <Text size="sm" fw={550}>
            {user?.email ?? userId}
          </Text>
          {user === null || user.name === "" ? null : (
            <Text size="xs" c="dimmed">
              {user.name}
            </Text>
          )}
        </>
      ),
    },
    {
      id: "role",
      header: "Role",
      width: "130px",
      sortBy: ({ role }) => role,
      cell: (member) => (
        <Select
          aria-label={`Role of ${member.user?.email ?? member.userId}`}
          data={[...roleNames]}
          allowDeselect={false}
          value={member.role}
          disabled={!isAdmin}
          onChange={(role) => {
            if (role !== null && role !== member.role) change(member, role);
          }}
        />
      ),
    },
    {
      id: "since",
      header: "Since",
      width: "110px",
      hideBelow: "sm",
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    },
    {
      id: "actions",
      header: "Actions",
      width: "100px",
      align: "right",
      cell: (member) => (
        <Button
          variant="default"
          size="compact-xs"
          disabled={!isAdmin}
          aria-label={`Remove ${member.user?.email ?? member.userId}`}
          onClick={() => remove(member)}
        >
          Remove
        </Button>
      ),
    },
  ];
}

function tellRefused(error: unknown): void {
  const { code, message } = toApiError(error);
  notifications.show({ color: "red", title: code, message });
}
