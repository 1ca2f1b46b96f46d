import type { RequestHandler } from "express";
import { GraphQLError, parse } from "postgraphile/graphql";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";

const graphqlBody = z.looseObject({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** Validation compares fields with each other; a text of this size is far from hurting and larger than any real one. */
const mostTokens = 4_000;
/** A text this short cannot have so many. */
const surelyFew = mostTokens;

/** Takes one operation as JSON by POST, and nothing else: no GET, no form, no batch. */
export const checkGraphqlBody: RequestHandler = (request, response, next) => {
  if (request.method !== "POST") {
    response.set("allow", "POST");
    response.status(405);
    throw new RowlockError("INVALID_BODY", `GraphQL is not served by ${request.method}. Use POST.`);
  }
  if (request.body === undefined) {
    throw new RowlockError("INVALID_BODY", "Send the query as JSON, with `Content-Type: application/json`.");
  }
  if (Array.isArray(request.body)) {
    throw new RowlockError("INVALID_BODY", "Batches are not taken. Send one operation a request.");
  }
  const parsed = graphqlBody.safeParse(request.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RowlockError(
      "INVALID_BODY",
      `The body is not a GraphQL request: ${issue?.path.join(".")} ${issue?.message}. Send { query, variables }.`,
    );
  }
  if (parsed.data.query.length > surelyFew) assertFewTokens(parsed.data.query);
  next();
};

function assertFewTokens(query: string): void {
  try {
    parse(query, { maxTokens: mostTokens, noLocation: true });
  } catch (error) {
    // Other syntax errors are GraphQL's to report, with their place.
    if (!(error instanceof GraphQLError) || !error.message.includes("tokens")) return;
    throw new RowlockError(
      "QUERY_LIMIT",
      `The query has more than ${mostTokens} words and signs. Split it, or move values into variables.`,
    );
  }
}
