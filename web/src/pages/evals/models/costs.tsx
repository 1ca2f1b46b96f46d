import { useMemo, useState } from "react";
import { type ModelCostsQuery, ModelCostsQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { formatNumber } from "../../../lib/text.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState } from "../../../ui/states.tsx";

type Line = NonNullable<NonNullable<ModelCostsQuery["modelUsageTotals"]>["nodes"][number]>;

const days = 30;
const number = (value: string | null) => formatNumber(Number(value ?? 0));

const columns: Column<Line>[] = [
  { id: "model", header: "Model", cell: (line) => line.providerModel },
  { id: "purpose", header: "Purpose", cell: (line) => line.purpose },
  { id: "calls", header: "Calls", align: "right", cell: (line) => number(line.calls) },
  {
    id: "input",
    header: "Tokens in",
    align: "right",
    hideBelow: "sm",
    cell: (line) => number(line.inputTokens),
  },
  {
    id: "output",
    header: "Tokens out",
    align: "right",
    hideBelow: "sm",
    cell: (line) => number(line.outputTokens),
  },
  {
    id: "cost",
    header: "Cost",
    align: "right",
    cell: (line) =>
      line.withoutCost === line.calls
        ? "unknown"
        : `${line.cost ?? 0}${Number(line.withoutCost) > 0 ? ` + ${line.withoutCost} calls unknown` : ""}`,
  },
];

/** What models cost, by the ledger. */
export function Costs() {
  const [since] = useState(() => new Date(Date.now() - days * 86_400_000).toISOString());
  const { data, error } = useQueryOf(ModelCostsQueryText, { since }, { live: 5_000 });
  const rows = useMemo(() => present(data?.modelUsageTotals?.nodes), [data]);
  return (
    <Panel
      title="Ledger"
      flush
      description={`Calls of the last ${days} days, in the currency of the models' prices.`}
    >
      {error === null ? null : <ErrorState error={error} />}
      <DataTable
        caption="Calls, tokens and cost by model and purpose"
        columns={columns}
        rows={rows}
        rowId={(line) => `${line.providerModel} ${line.purpose}`}
        empty={
          <Empty title="No model was asked">
            Judges, simulated users and models under test are counted here.
          </Empty>
        }
      />
    </Panel>
  );
}
