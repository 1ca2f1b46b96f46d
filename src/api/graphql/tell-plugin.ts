import type { Pool } from "pg";
import { getOperationAST } from "postgraphile/graphql";
import { noteChange } from "../../jobs/index.ts";
import { currentRequest } from "../request.ts";

/** After a mutation whoever watches the organization looks again: it may have launched or changed any of its jobs. */
export function tellPlugin(pool: Pool): GraphileConfig.Plugin {
  return {
    name: "RowlockTellPlugin",
    version: "0.1.0",
    grafast: {
      middleware: {
        async execute(next, { args }) {
          const result = await next();
          const operation = getOperationAST(args.document, args.operationName);
          const member = currentRequest()?.member;
          if (operation?.operation === "mutation" && member !== undefined) {
            noteChange(pool, member.organizationId, null);
          }
          return result;
        },
      },
    },
  };
}
