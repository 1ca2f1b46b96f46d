import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/react-table";
import type { ReactNode } from "react";

/** One column of a `DataTable`. Define columns outside of components, or in `useMemo`: the table is made anew with them. */
export type Column<Row> = {
  id: string;
  header: string;
  cell(row: Row): ReactNode;
  /** The row's name: leads to `rowHref` and is what the arrow keys move over. One of them at most. */
  link?: true;
  /** Sorts by it, within the rows that are there; left out when the server gives the order. */
  sortBy?: (row: Row) => string | number;
  /** Any CSS width; the rest is shared. */
  width?: string;
  align?: "right";
  /** Left out on screens narrower than 48 em (sm) or 62 em (md). */
  hideBelow?: "sm" | "md";
};

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export function toColumnDef<Row extends object>(column: Column<Row>): ColumnDef<typeof features, Row> {
  const { id, header, sortBy } = column;
  return {
    id,
    header,
    accessorFn: (row: Row) => sortBy?.(row),
    enableSorting: sortBy !== undefined,
    sortFn: (a, b) => compare(a.getValue(id), b.getValue(id)),
  };
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
