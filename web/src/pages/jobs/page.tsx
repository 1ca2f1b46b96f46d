import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { PlusIcon } from "@radix-ui/react-icons";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { exactTime } from "../../lib/time.ts";
import { useMayWrite } from "../../session/use-viewer.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSelection } from "../../ui/selection.ts";
import { Empty, ErrorState, LoadingState } from "../../ui/states.tsx";
import { LaunchDialog } from "../launch/launch-dialog.tsx";
import { nothing } from "../launch/use-launch.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { columns } from "./columns.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { type Filters, readFilters, toVariables, writeFilters } from "./filters.ts";
import { useFoundJobs } from "./use-found-jobs.ts";

/** Jobs of the organization, newest first, by any condition. */
export function Page() {
  const [search, setSearch] = useSearchParams();
  const address = search.toString();
  const { filters, now, variables } = useMemo(() => {
    const read = readFilters(new URLSearchParams(address));
    const at = Date.now();
    return { filters: read, now: at, variables: toVariables(read, at) };
  }, [address]);
  const { jobs, searchedTo, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useFoundJobs(variables);
  const selection = useSelection();
  const mayWrite = useMayWrite();
  const [launching, launchDialog] = useDisclosure(false);

  function change(changed: Partial<Filters>): void {
    selection.clear();
    setSearch(writeFilters({ ...filters, ...changed }), { replace: true });
  }

  const bounded = hasNextPage && searchedTo !== undefined && jobs.length % 100 !== 0;
  return (
    <Stack gap="md">
      <PageHeader
        title="Jobs"
        description="Newest first, by any condition"
        actions={
          mayWrite ? (
            <Button leftSection={<PlusIcon />} onClick={launchDialog.open}>
              Launch a job
            </Button>
          ) : undefined
        }
      />
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      <Panel title="Found" flush>
        <FilterBar filters={filters} change={change} />
        {mayWrite ? <BulkBar filters={filters} selection={selection} now={now} /> : null}
        {isPending ? (
          <LoadingState what="the jobs" />
        ) : (
          <DataTable
            caption="Jobs"
            columns={columns}
            rows={jobs}
            rowId={({ id }) => id}
            rowHref={({ id }) => `/jobs/${id}`}
            {...(mayWrite ? { selection } : {})}
            empty={
              <Empty title={hasNextPage ? "None found yet" : address === "" ? "No jobs yet" : "No job fits"}>
                {address === ""
                  ? "Launch one here, by GraphQL, REST or SQL."
                  : "Take a condition away, or search further back."}
              </Empty>
            }
            more={
              hasNextPage
                ? {
                    load: () => void fetchNextPage(),
                    loading: isFetchingNextPage,
                    byItself: !bounded && error === null,
                    label: bounded ? "Search further back" : "Load more",
                    note: bounded ? (
                      <Text size="sm" c="dimmed">
                        Searched back to {exactTime(searchedTo)}
                      </Text>
                    ) : undefined,
                  }
                : undefined
            }
          />
        )}
      </Panel>
      <LaunchDialog opened={launching} close={launchDialog.close} title="Launch a job" initial={nothing} />
    </Stack>
  );
}
