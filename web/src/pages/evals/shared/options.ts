/** Named rows as the lines of a select. */
export function toOptions(
  rows: readonly ({ id: string; name: string } | null)[] | undefined,
): { value: string; label: string }[] {
  return (rows ?? []).flatMap((row) => (row === null ? [] : [{ value: row.id, label: row.name }]));
}
