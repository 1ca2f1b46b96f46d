import { Group, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { counted } from "../../../lib/text.ts";
import { shortDuration } from "../../../lib/time.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { RunState } from "../shared/run-state.tsx";
import classes from "./results.module.css";
import { type ResultLine, useResults } from "./use-results.ts";

const states = ["", "passed", "failed", "errored", "running", "queued", "cancelled"];

const columns: Column<ResultLine>[] = [
  {
    id: "position",
    header: "#",
    width: "64px",
    cell: (row) => (row.repetition > 1 ? `${row.position + 1}·${row.repetition}` : row.position + 1),
    sortBy: (row) => row.position,
  },
  { id: "state", header: "State", width: "104px", cell: (row) => <RunState state={row.state} /> },
  {
    id: "input",
    header: "Input",
    link: true,
    cell: (row) => <span className={classes.clip}>{row.input}</span>,
  },
  {
    id: "output",
    header: "Output",
    hideBelow: "sm",
    cell: (row) => <span className={classes.clip}>{row.output ?? row.errorCode ?? "—"}</span>,
  },
  { id: "category", header: "Category", hideBelow: "md", cell: (row) => row.category ?? "—" },
  {
    id: "took",
    header: "Took",
    align: "right",
    hideBelow: "sm",
    cell: (row) => (typeof row.durationMs === "number" ? shortDuration(row.durationMs) : "—"),
    sortBy: (row) => row.durationMs ?? -1,
  },
];

/** The results of a run: by state as the API finds them, by text, category and tag among those that are read. */
export function Results({ id, version }: { id: string; version: string }) {
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState("");
  const [label, setLabel] = useState("");
  const state = params.get("state") ?? "";
  const { results, data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useResults(
    id,
    state,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the counts have changed, so have some results
  useEffect(() => void refetch(), [version]);
  const labels = useMemo(
    () => [...new Set(results.flatMap((row) => [row.category, ...row.tags]))].filter(isText).sort(),
    [results],
  );
  const shown = useMemo(() => {
    const wanted = text.toLowerCase();
    return results.filter(
      (row) =>
        (label === "" || row.category === label || row.tags.includes(label)) &&
        `${row.input}\n${row.output ?? ""}`.toLowerCase().includes(wanted),
    );
  }, [results, text, label]);

  return (
    <Panel
      title="Results"
      flush
      description={counted(shown.length, "result") + (hasNextPage ? " read so far" : "")}
    >
      <Group gap="xs" px={14} pb={8}>
        <SegmentedControl
          className={classes.states ?? ""}
          aria-label="State of the results"
          data={states.map((value) => ({ value, label: value === "" ? "all" : value }))}
          value={state}
          onChange={(value) => setParams(value === "" ? {} : { state: value }, { replace: true })}
        />
        <TextInput
          aria-label="Text in input or output"
          placeholder="Text in input or output"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {labels.length === 0 ? null : (
          <NativeSelect
            aria-label="Category or tag"
            data={[{ value: "", label: "Any category or tag" }, ...labels]}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
        )}
      </Group>
      {error !== null ? <ErrorState error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <LoadingState what="the results" /> : null}
      {data === undefined ? null : (
        <DataTable
          caption="Results in the order of the tests"
          columns={columns}
          rows={shown}
          rowId={(row) => row.id}
          rowHref={(row) =>
            `/test-runs/${id}?${new URLSearchParams({ ...(state ? { state } : {}), result: row.id })}`
          }
          empty={<Empty title="No such result">Choose another state, or less text.</Empty>}
          more={
            hasNextPage
              ? {
                  load: () => void fetchNextPage(),
                  loading: isFetchingNextPage,
                  byItself: error === null,
                }
              : undefined
          }
        />
      )}
    </Panel>
  );
}

const isText = (value: string | null | undefined): value is string => typeof value === "string";
