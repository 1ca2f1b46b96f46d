import { Checkbox } from "@mantine/core";
import type { MouseEvent } from "react";
import { Link, useNavigate } from "react-router";
import classes from "./data-table.module.css";
import type { Column } from "./data-table-columns.ts";
import type { Selection } from "./selection.ts";

export type RowProps<Row> = {
  row: Row;
  id: string;
  index: number;
  columns: readonly Column<Row>[];
  rowHref: ((row: Row) => string) | undefined;
  selection: Selection | undefined;
};

/** One row; a click beside its own links and buttons follows its link, as the link itself does for the keyboard. */
export function DataTableRow<Row>({ row, id, index, columns, rowHref, selection }: RowProps<Row>) {
  const navigate = useNavigate();
  const href = rowHref?.(row);
  const chosen = selection?.ids.has(id) ?? false;

  function onClick(event: MouseEvent<HTMLTableRowElement>): void {
    const own = event.target instanceof Element && event.target.closest("a, button, input, label") !== null;
    // Whoever marks text in order to copy it does not want to leave.
    const marking = (window.getSelection()?.toString() ?? "") !== "";
    if (href !== undefined && !own && !marking) void navigate(href);
  }

  return (
    <tr
      aria-rowindex={index + 2}
      data-chosen={chosen || undefined}
      data-leads={href === undefined ? undefined : true}
      onClick={onClick}
    >
      {selection === undefined ? null : (
        <td className={classes.choice}>
          <Checkbox
            size="xs"
            aria-label={`Choose ${id}`}
            checked={chosen}
            onChange={(event) => selection.set([id], event.currentTarget.checked)}
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} data-align={column.align} data-hide-below={column.hideBelow}>
          {column.link === true && href !== undefined ? (
            <Link to={href} data-row-link={index} className={classes.link}>
              {column.cell(row)}
            </Link>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}
