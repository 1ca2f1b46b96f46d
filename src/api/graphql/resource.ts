/** A table of the kernel as PostGraphile knows it; undefined without the schema `rowlock` in GRAPHQL_SCHEMAS. */
export function kernelResource(build: GraphileBuild.Build, service: string, name: string) {
  return Object.values(build.input.pgRegistry.pgResources).find(
    ({ extensions }) =>
      extensions?.pg?.serviceName === service &&
      extensions.pg.schemaName === "rowlock" &&
      extensions.pg.name === name,
  );
}

/** GraphQL clients send null for what they leave out. */
export function withoutNulls(input: unknown): unknown {
  if (typeof input !== "object" || input === null) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
