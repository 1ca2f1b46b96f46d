import { Anchor, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import {
  type ComparedRunFragment,
  type RunComparisonQuery,
  RunComparisonQueryText,
} from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { counted, percent } from "../../../lib/text.ts";
import { exactTime } from "../../../lib/time.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { RunState } from "../shared/run-state.tsx";
import { ResultLink } from "./result-link.tsx";

type Comparison = NonNullable<RunComparisonQuery["compareTestRuns"]>;
type Flip = NonNullable<NonNullable<Comparison["flips"]>[number]>;
type Part = NonNullable<NonNullable<Comparison["byCategory"]>[number]>;

const kinds = ["all", "regressed", "fixed", "others"] as const;

/** What a flip is to the product: better, worse, or nobody can say. */
function kindOf({ before, after }: Flip): "regressed" | "fixed" | "others" {
  if (before === "passed" && after === "failed") return "regressed";
  return before === "failed" && after === "passed" ? "fixed" : "others";
}

const parts: Column<Part>[] = [
  { id: "name", header: "Name", cell: (part) => part.name ?? "none", sortBy: (part) => part.name ?? "" },
  { id: "tests", header: "Tests", align: "right", cell: (part) => part.tests },
  {
    id: "regressed",
    header: "Regressed",
    align: "right",
    cell: (part) => part.regressed,
    sortBy: (part) => part.regressed ?? 0,
  },
  {
    id: "fixed",
    header: "Fixed",
    align: "right",
    cell: (part) => part.fixed,
    sortBy: (part) => part.fixed ?? 0,
  },
  {
    id: "passed",
    header: "Passed before → after",
    align: "right",
    cell: (part) => `${part.passedBefore} → ${part.passedAfter}`,
  },
];

/** Two runs side by side: the one in front of the address is before, the other after. */
export function Page() {
  const { id: before = "", other: after = "" } = useParams();
  const { data, error, refetch } = useQueryOf(RunComparisonQueryText, { before, after }, { live: 2_000 });
  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingState what="the comparison" />;
  const comparison = data.compareTestRuns ?? undefined;
  if (comparison === undefined) return <Empty title="One of the two is no run of your organization" />;
  const set = data.after?.testConfiguration?.testSet;
  return (
    <Stack gap="md">
      <PageHeader
        title={`Comparison: ${set?.name ?? "two runs"}`}
        description={
          <Group gap="md">
            <RunLine run={data.before} word="Before" />
            <RunLine run={data.after} word="After" />
            <Anchor component={Link} to={`/test-runs/${after}/compare/${before}`}>
              Swap the two
            </Anchor>
          </Group>
        }
      />
      <Verdict comparison={comparison} />
      <Flips comparison={comparison} before={before} after={after} />
      <PartTable title="By category" parts={comparison.byCategory} />
      <PartTable title="By tag" parts={comparison.byTag} />
    </Stack>
  );
}

function RunLine({ run, word }: { run: ComparedRunFragment | null; word: string }): ReactNode {
  if (run === null) return null;
  const baseline = run.testConfiguration?.testSet?.baselineRunId === run.id;
  return (
    <span>
      {word}:{" "}
      <Anchor component={Link} to={`/test-runs/${run.id}`}>
        {exactTime(run.createdAt)}
      </Anchor>{" "}
      {run.testConfiguration?.endpoint?.name} {baseline ? "(the baseline) " : ""}
      <RunState state={run.summary?.state ?? "queued"} />
    </span>
  );
}

function Verdict({ comparison }: { comparison: Comparison }) {
  const { fixed, regressed, unchanged, others, passedBefore, passedAfter, tests, significance } = comparison;
  const all = Math.max(1, tests ?? 0);
  return (
    <Panel title={`${counted(regressed ?? 0, "test")} regressed, ${counted(fixed ?? 0, "test")} fixed`}>
      <Text size="sm">
        {passedBefore} of {tests} passed before ({percent((passedBefore ?? 0) / all)}), {passedAfter} after (
        {percent((passedAfter ?? 0) / all)}). {unchanged} came out the same, {others} cannot be held against
        each other.
      </Text>
      <Text size="sm" mt={4}>
        {significance}
      </Text>
    </Panel>
  );
}

function Flips({ comparison, before, after }: { comparison: Comparison; before: string; after: string }) {
  const [kind, setKind] = useState<string>("all");
  const flips = useMemo(() => present(comparison.flips), [comparison]);
  const shown = useMemo(() => flips.filter((flip) => kind === "all" || kindOf(flip) === kind), [flips, kind]);
  const columns = useMemo(() => columnsOf(before, after), [before, after]);
  return (
    <Panel
      title="Flips"
      flush
      description="Each test that came out differently; a state leads to its result."
      actions={
        <SegmentedControl aria-label="Which flips" data={[...kinds]} value={kind} onChange={setKind} />
      }
    >
      <DataTable
        caption="Tests that came out differently"
        columns={columns}
        rows={shown}
        rowId={(flip) => flip.testId ?? flip.input ?? ""}
        empty={<Empty title="No such flip">The tests of both runs came out alike.</Empty>}
      />
    </Panel>
  );
}

function columnsOf(before: string, after: string): Column<Flip>[] {
  const state = (runId: string, flip: Flip, side: "before" | "after") => (
    <ResultLink runId={runId} testId={flip.testId ?? ""} state={flip[side] ?? "missing"} label={side} />
  );
  return [
    {
      id: "kind",
      header: "What",
      width: "104px",
      cell: (flip) => (kindOf(flip) === "others" ? "other" : <RunState state={kindOf(flip)} />),
      sortBy: (flip) => kindOf(flip),
    },
    {
      id: "input",
      header: "Test",
      cell: (flip) => `${flip.input ?? ""}${flip.edited === true ? " (edited in between)" : ""}`,
    },
    { id: "before", header: "Before", cell: (flip) => state(before, flip, "before") },
    { id: "after", header: "After", cell: (flip) => state(after, flip, "after") },
    {
      id: "labels",
      header: "Category, tags",
      hideBelow: "md",
      cell: (flip) => [flip.category, ...(flip.tags ?? [])].filter(Boolean).join(", ") || "—",
    },
  ];
}

function PartTable({ title, parts: given }: { title: string; parts: Comparison["byCategory"] }) {
  const rows = useMemo(() => present(given), [given]);
  if (rows.length === 0) return null;
  return (
    <Panel title={title} flush>
      <DataTable caption={title} columns={parts} rows={rows} rowId={(part) => part.name ?? ""} />
    </Panel>
  );
}
