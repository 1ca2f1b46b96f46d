import { extendSchema, gql } from "postgraphile/utils";
import { watchRow } from "../../api/index.ts";

/** `subscription { testRun(id: …) { summary { … } } }`. */
export function testRunSubscription(): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const runs = Object.values(build.input.pgRegistry.pgResources).find(
      ({ extensions }) => extensions?.pg?.schemaName === "evals" && extensions.pg.name === "test_runs",
    );
    if (runs === undefined) return { typeDefs: [] };
    return {
      typeDefs: gql`
        extend type Subscription {
          "A test run: as it is now, and after each change of its tests."
          testRun(id: UUID!): ${build.inflection.tableType(runs.codec)}
        }
      `,
      objects: { Subscription: { plans: { testRun: watchRow(runs) } } },
    };
  });
}
