import type {} from "postgraphile/grafserv";
import { currentRequest } from "../request.ts";

/**
 * HTTP says it too when a query failed as a whole: a database that is away is 503, a member removed is 403, so that
 * load balancers and clients that look at the status alone are not told 200.
 */
export const ServePlugin: GraphileConfig.Plugin = {
  name: "RowlockServePlugin",
  version: "0.1.0",
  grafserv: {
    middleware: {
      async processRequest(next) {
        const result = await next();
        const statusCode = currentRequest()?.graphqlStatus;
        if (statusCode === undefined || (result?.type !== "buffer" && result?.type !== "json")) return result;
        return { ...result, statusCode };
      },
    },
  },
};
