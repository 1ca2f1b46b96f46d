import type { ErrorRequestHandler, Router } from "express";
import type { Logger } from "../../log.ts";
import { RowlockError } from "../../sdk/index.ts";
import { isFault, toCallerError } from "../errors.ts";
import { scopeOf } from "../request.ts";

/** Last: an unknown path is 404, and what any part threw becomes `{ error: { code, message, issues } }`. */
export function installErrors(router: Router, logger: Logger): void {
  router.use((request) => {
    throw new RowlockError(
      "NOT_FOUND",
      `There is no ${request.method} ${request.path}. GET /api/openapi.json lists what there is.`,
    );
  });
  const answer: ErrorRequestHandler = (error: unknown, request, response, next) => {
    const requestId = scopeOf(request)?.id;
    const told = toCallerError(error, requestId);
    if (isFault(told)) {
      logger.error(`${request.method} ${request.path} failed: ${messageOf(error)}`, { requestId, error });
    }
    // Half an answer is out: only cutting it off tells the client that the rest is missing.
    if (response.headersSent) {
      next(error);
      return;
    }
    if (told.status === 401) response.set("www-authenticate", challenge(told));
    const { code, message, issues } = told;
    // 405 keeps its own status: the code says only that the request cannot be read.
    if (response.statusCode < 400) response.status(told.status);
    if (/^(\/ops)?\/graphql$/.test(request.path)) {
      response.json({
        errors: [{ message, extensions: { code, ...(issues.length > 0 ? { issues } : {}) } }],
      });
    } else {
      response.json({ error: { code, message, issues } });
    }
  };
  router.use(answer);
}

function challenge({ code, message }: RowlockError): string {
  // Headers take visible ASCII alone.
  const description = message.replaceAll(/["\\`]/g, "'").replaceAll(/[^\x20-\x7e]/g, "...");
  return `Bearer realm="rowlock", error="${code === "TOKEN_EXPIRED" ? "invalid_token" : "unauthorized"}", error_description="${description}"`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
