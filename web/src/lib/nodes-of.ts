/** The rows of a connection; none while it has not been read. */
export function nodesOf<Node>(
  connection: { readonly nodes: readonly (Node | null)[] } | null | undefined,
): readonly Node[] {
  return (connection?.nodes ?? []).filter((node) => node !== null);
}
