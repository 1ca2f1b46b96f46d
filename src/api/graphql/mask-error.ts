import { isSafeError } from "postgraphile/grafast";
import { GraphQLError } from "postgraphile/graphql";
import type { Logger } from "../../log.ts";
import { type ErrorCode, RowlockError } from "../../sdk/index.ts";
import { isFault, toCallerError } from "../errors.ts";
import { currentRequest } from "../request.ts";

/** Errors that concern the request as a whole and not one field: HTTP says so as well. */
const ofWholeRequest: ReadonlySet<ErrorCode> = new Set([
  "UNAUTHENTICATED",
  "TOKEN_EXPIRED",
  "NOT_A_MEMBER",
  "ORGANIZATION_INACTIVE",
  "DATABASE_UNAVAILABLE",
]);

/**
 * Makes the function through which grafserv passes each error of an answer. GraphQL's own (syntax, validation,
 * wrong variables) and limits pass; what we know gets `extensions.code` and `issues`; the rest becomes INTERNAL with
 * the request's id, and stands in the log in full.
 */
export function errorMask(logger: Logger): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const original = error.originalError;
    if (original === undefined || original === null || original instanceof GraphQLError) return error;
    if (!(original instanceof RowlockError) && isSafeError(original)) return error;
    const request = currentRequest();
    const told = toCallerError(original, request?.id);
    if (isFault(told)) {
      logger.error(`GraphQL failed: ${original.message}`, {
        requestId: request?.id,
        path: error.path?.join("."),
        error: original,
      });
    }
    if (request !== undefined && ofWholeRequest.has(told.code)) request.graphqlStatus = told.status;
    return new GraphQLError(told.message, {
      nodes: error.nodes ?? null,
      path: error.path ?? null,
      extensions: {
        code: told.code,
        ...(told.issues.length > 0 ? { issues: told.issues } : {}),
        ...(isFault(told) && request !== undefined ? { requestId: request.id } : {}),
      },
    });
  };
}
