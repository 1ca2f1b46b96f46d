/**
 * Rows are found by their own ids: a node id would be one more way to name a row, and Query within Query one more way
 * to nest.
 */
export const withoutNodes = [
  "NodePlugin",
  "NodeAccessorPlugin",
  "AddNodeInterfaceToSuitableTypesPlugin",
  "RegisterQueryNodePlugin",
  "PgTableNodePlugin",
  "PgNodeIdAttributesPlugin",
  "NodeIdCodecBase64JSONPlugin",
  "NodeIdCodecPipeStringPlugin",
  "QueryQueryPlugin",
] as const;
