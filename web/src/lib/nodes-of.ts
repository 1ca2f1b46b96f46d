/** The rows that are there: GraphQL's lists may hold null where a row went meanwhile. */
export function present<Row>(rows: readonly (Row | null)[] | null | undefined): Row[] {
  return (rows ?? []).filter((row) => row !== null);
}

/** The rows of a connection; none while it has not been read. */
export function nodesOf<Node>(
  connection: { readonly nodes: readonly (Node | null)[] } | null | undefined,
): Node[] {
  return present(connection?.nodes);
}
