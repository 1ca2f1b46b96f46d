import { present } from "../../lib/nodes-of.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import type { DatabaseHealthQuery } from "../graphql.generated.ts";
import { bytes, count, seconds } from "./figures.ts";

type Health = NonNullable<DatabaseHealthQuery["databaseHealth"]>;
type Listed<Row> = NonNullable<NonNullable<Row>[keyof NonNullable<Row> & number]>;
type Table = Listed<Health["tables"]>;
type Connection = Listed<Health["connections"]>;
type Pool = Listed<Health["poolWaits"]>;
type Replica = Listed<Health["replicas"]>;

export function Tables({ tables }: { tables: Health["tables"] }) {
  return (
    <Panel title="Tables" description="The largest first, with all of their partitions" flush>
      <DataTable
        caption="Tables"
        columns={tableColumns}
        rows={present(tables).toSorted((a, b) => Number(b.bytes ?? 0) - Number(a.bytes ?? 0))}
        rowId={({ name }) => name ?? ""}
      />
    </Panel>
  );
}

const tableColumns: readonly Column<Table>[] = [
  { id: "name", header: "Table", cell: ({ name }) => <code>{name}</code> },
  {
    id: "partitions",
    header: "Partitions",
    align: "right",
    width: "100px",
    hideBelow: "md",
    cell: ({ partitions }) => count(partitions),
  },
  {
    id: "live",
    header: "Live rows",
    align: "right",
    width: "110px",
    hideBelow: "sm",
    cell: ({ liveRows }) => count(liveRows),
  },
  {
    id: "dead",
    header: "Dead rows",
    align: "right",
    width: "110px",
    cell: ({ deadRows }) => count(deadRows),
  },
  { id: "bytes", header: "Size", align: "right", width: "100px", cell: (table) => bytes(table.bytes) },
  {
    id: "vacuum",
    header: "Autovacuum",
    align: "right",
    width: "120px",
    hideBelow: "sm",
    cell: ({ lastAutovacuum }) => <RelativeTime at={lastAutovacuum} none="never" />,
  },
];

export function Connections({
  connections,
  most,
}: {
  connections: Health["connections"];
  most: number | null;
}) {
  const rows = present(connections);
  const total = rows.reduce((sum, row) => sum + (row.connections ?? 0), 0);
  return (
    <Panel
      title="Connections"
      description={`${total} of at most ${count(most)}; beyond that new ones are refused`}
      flush
    >
      <DataTable
        caption="Connections"
        columns={connectionColumns}
        rows={rows}
        rowId={({ login, state }) => `${login} ${state}`}
      />
    </Panel>
  );
}

const connectionColumns: readonly Column<Connection>[] = [
  { id: "login", header: "Login", cell: ({ login }) => login ?? "others" },
  { id: "state", header: "State", cell: ({ state }) => state ?? "—" },
  {
    id: "connections",
    header: "Connections",
    align: "right",
    width: "120px",
    cell: ({ connections }) => count(connections),
  },
];

export function PoolWaits({ pools }: { pools: Health["poolWaits"] }) {
  return (
    <Panel
      title="Pools of this API process"
      description="Waiting above 0 for long: a larger API_POOL_SIZE, or slow queries"
      flush
    >
      <DataTable
        caption="Pools of this API process"
        columns={poolColumns}
        rows={present(pools)}
        rowId={({ name }) => name}
      />
    </Panel>
  );
}

const poolColumns: readonly Column<Pool>[] = [
  { id: "name", header: "Pool", cell: ({ name }) => name },
  {
    id: "open",
    header: "Open",
    align: "right",
    width: "110px",
    cell: ({ open, size }) => `${open} of ${size}`,
  },
  { id: "idle", header: "Idle", align: "right", width: "80px", cell: ({ idle }) => count(idle) },
  { id: "waiting", header: "Waiting", align: "right", width: "90px", cell: ({ waiting }) => count(waiting) },
];

/** Nothing where there are none. */
export function Replicas({ replicas }: { replicas: Health["replicas"] }) {
  const rows = present(replicas);
  return rows.length === 0 ? null : (
    <Panel title="Replicas" flush>
      <DataTable caption="Replicas" columns={replicaColumns} rows={rows} rowId={({ name }) => name ?? ""} />
    </Panel>
  );
}

const replicaColumns: readonly Column<Replica>[] = [
  { id: "name", header: "Replica", cell: ({ name }) => name },
  { id: "state", header: "State", cell: ({ state }) => state },
  { id: "bytes", header: "Behind", align: "right", cell: ({ behindBytes }) => bytes(behindBytes) },
  {
    id: "seconds",
    header: "by",
    align: "right",
    cell: ({ behindSeconds }) => seconds(behindSeconds),
  },
];
