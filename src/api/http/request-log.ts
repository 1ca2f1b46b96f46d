import type { Router } from "express";
import type { Logger } from "../../log.ts";
import { enterRequest } from "../request.ts";

/** Health checks come every few seconds; they are worth a line only when someone debugs. */
const quiet: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Gives each request an id (`x-request-id` of the answer) and, when it ends, one line in the log. */
export function installRequestLog(router: Router, logger: Logger): void {
  router.use((request, response, next) => {
    const began = performance.now();
    const { method, path } = request;
    enterRequest(request, (scope) => {
      response.setHeader("x-request-id", scope.id);
      response.once("close", () => {
        const level = quiet.has(path) ? "debug" : "info";
        logger[level](`${method} ${path}`, {
          method,
          path,
          // Nobody heard an answer that was cut off.
          status: response.writableFinished ? response.statusCode : 499,
          ms: Math.round(performance.now() - began),
          requestId: scope.id,
          organizationId: scope.member?.organizationId,
          ...(scope.operator === undefined ? {} : { operator: scope.operator.name }),
        });
      });
      next();
    });
  });
}
