/** Named rows as the lines of a select. */
export function toOptions(
  rows: readonly ({ id: string; name: string } | null)[] | undefined,
): { value: string; label: string }[] {
  return (rows ?? []).flatMap((row) => (row === null ? [] : [{ value: row.id, label: row.name }]));
}

/** The rows that are there: GraphQL's lists may hold null where a row went meanwhile. */
export function present<Row>(rows: readonly (Row | null)[] | null | undefined): Row[] {
  return (rows ?? []).flatMap((row) => (row === null ? [] : [row]));
}
