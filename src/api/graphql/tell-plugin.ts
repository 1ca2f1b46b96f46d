import type { Pool } from "pg";
import { getOperationAST, Kind } from "postgraphile/graphql";
import { tellOf } from "../live/tell-of.ts";
import { currentRequest } from "../request.ts";

/** Mutations that say themselves what they have changed, or whose SQL does. */
const tells: ReadonlySet<string> = new Set(["launchJob", "cancelJob", "cancelJobs", "retryJob", "retryJobs"]);

/** After a mutation those who watch the organization are told: of the jobs it changed, or to look again. */
export function tellPlugin(pool: Pool): GraphileConfig.Plugin {
  return {
    name: "RowlockTellPlugin",
    version: "0.1.0",
    grafast: {
      middleware: {
        async execute(next, { args }) {
          const result = await next();
          const operation = getOperationAST(args.document, args.operationName);
          const request = currentRequest();
          if (operation?.operation !== "mutation" || request?.member === undefined) return result;
          const known = operation.selectionSet.selections.every(
            (one) => one.kind === Kind.FIELD && tells.has(one.name.value),
          );
          tellOf(pool, request.member.organizationId, known ? (request.changed ?? []) : undefined);
          return result;
        },
      },
    },
  };
}
