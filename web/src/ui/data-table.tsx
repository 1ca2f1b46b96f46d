import { VisuallyHidden } from "@mantine/core";
import { useTable } from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import classes from "./data-table.module.css";
import { type Column, features, toColumnDef } from "./data-table-columns.ts";
import { DataTableHead } from "./data-table-head.tsx";
import { DataTableRow, type RowProps } from "./data-table-row.tsx";
import { type More, MoreRows } from "./more-rows.tsx";
import type { Selection } from "./selection.ts";
import { useRowKeys } from "./use-row-keys.ts";
import { useWindowRows } from "./use-window-rows.ts";

export type { Column } from "./data-table-columns.ts";

/**
 * A table: however many rows, only those near the window are drawn. The arrow keys, Home and End move over the rows'
 * links; a click anywhere on a row follows its link.
 */
export function DataTable<Row extends object>(props: {
  /** What the table holds, for screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  /** Keep the array while its rows are the same. */
  rows: readonly Row[];
  rowId: (row: Row) => string;
  rowHref?: (row: Row) => string;
  selection?: Selection;
  /** Shown instead of rows when there are none. */
  empty?: ReactNode;
  /** More rows can be had. */
  more?: More | undefined;
}) {
  const { caption, columns, rows, rowId, rowHref, selection, empty, more } = props;
  const table = useTable({
    features,
    columns: useMemo(() => columns.map(toColumnDef), [columns]),
    data: rows,
    getRowId: rowId,
  });
  const sorted = table.getRowModel().rows;
  const { ref, indexes, above, below, scrollTo } = useWindowRows(sorted.length);
  const onKeyDown = useRowKeys(sorted.length, scrollTo);
  const span = columns.length + (selection === undefined ? 0 : 1);
  const common: Pick<RowProps<Row>, "columns" | "rowHref" | "selection"> = { columns, rowHref, selection };

  return (
    <div className={classes.frame}>
      <table ref={ref} className={classes.table} aria-rowcount={sorted.length + 1}>
        <VisuallyHidden component="caption">{caption}</VisuallyHidden>
        <DataTableHead
          columns={columns}
          headers={table.getHeaderGroups()[0]?.headers ?? []}
          ids={rows.map(rowId)}
          selection={selection}
        />
        <tbody onKeyDown={onKeyDown}>
          <Room height={above} span={span} />
          {indexes.map((index) => {
            const row = sorted[index];
            if (row === undefined) return null;
            return <DataTableRow key={row.id} row={row.original} id={row.id} index={index} {...common} />;
          })}
          <Room height={below} span={span} />
        </tbody>
      </table>
      {rows.length === 0 ? empty : null}
      {more === undefined ? null : <MoreRows {...more} />}
    </div>
  );
}

/** Stands for rows that are not drawn. */
function Room({ height, span }: { height: number; span: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={span} style={{ height, padding: 0 }} />
    </tr>
  );
}
