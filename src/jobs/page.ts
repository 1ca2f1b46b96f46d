/**
 * One page of a list, of whose rows one more was asked for than are shown.
 * @returns the rows of the page, and the last id of it if there are more: what to pass as `after`
 */
export function pageOf<Row extends { id: string }>(
  rows: readonly Row[],
  first: number,
): { page: Row[]; next: string | null } {
  const page = rows.slice(0, first);
  return { page, next: rows.length > page.length ? (page.at(-1)?.id ?? null) : null };
}
