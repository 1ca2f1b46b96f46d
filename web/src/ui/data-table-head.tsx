import { Checkbox } from "@mantine/core";
import { CaretDownIcon, CaretSortIcon, CaretUpIcon } from "@radix-ui/react-icons";
import type { Header } from "@tanstack/react-table";
import classes from "./data-table.module.css";
import type { Column, features } from "./data-table-columns.ts";
import type { Selection } from "./selection.ts";

const order = { asc: "ascending", desc: "descending" } as const;

/** The heads of the columns: those that sort are buttons. */
export function DataTableHead<Row extends object>(props: {
  columns: readonly Column<Row>[];
  headers: readonly Header<typeof features, Row>[];
  ids: readonly string[];
  selection: Selection | undefined;
}) {
  const { columns, headers, ids, selection } = props;
  const chosen = ids.filter((id) => selection?.ids.has(id)).length;
  return (
    <thead>
      <tr>
        {selection === undefined ? null : (
          <th className={classes.choice}>
            <Checkbox
              size="xs"
              aria-label="Choose all rows shown"
              checked={chosen > 0 && chosen === ids.length}
              indeterminate={chosen > 0 && chosen < ids.length}
              onChange={(event) => selection.set(ids, event.currentTarget.checked)}
            />
          </th>
        )}
        {columns.map((column, index) => {
          const sorting = headers[index]?.column;
          const sorted = sorting?.getIsSorted() ?? false;
          const sorts = column.sortBy !== undefined;
          const Caret = sorted === "asc" ? CaretUpIcon : sorted === "desc" ? CaretDownIcon : CaretSortIcon;
          return (
            <th
              key={column.id}
              scope="col"
              data-align={column.align}
              data-hide-below={column.hideBelow}
              style={{ width: column.width }}
              aria-sort={sorted === false ? undefined : order[sorted]}
            >
              {sorts ? (
                <button type="button" className={classes.sort} onClick={() => sorting?.toggleSorting()}>
                  {column.header}
                  <Caret aria-hidden />
                </button>
              ) : (
                column.header
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
