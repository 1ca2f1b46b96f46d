import { ApiError } from "./api-error.ts";
import { readError } from "./read-errors.ts";

/** The text of an operation with the types of its variables and result, as `graphql.generated.ts` exports them. */
export type OperationText<Result, Variables> = string & {
  readonly types?: (variables: Variables) => Result;
};

/**
 * Sends one GraphQL operation to a path of the page's own origin.
 * @throws ApiError with the API's code; NETWORK when it cannot be reached
 */
export async function sendGraphql<Result, Variables>(
  path: string,
  token: string,
  text: OperationText<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const body = await sendJson("POST", path, token, { query: text, variables }, signal);
  const error = readError(body);
  if (error !== undefined) throw error;
  const { data } = Object(body) as { data?: Result };
  if (data === undefined || data === null) {
    throw new ApiError("BAD_ANSWER", `${path} answered without data. Is a proxy in between?`);
  }
  return data;
}

/**
 * Sends JSON and reads JSON, for GraphQL and for the routes of `/api`.
 * @throws ApiError NETWORK, BAD_ANSWER, or what a REST route refused with
 */
export async function sendJson(
  method: string,
  path: string,
  token: string,
  json?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiError("NETWORK", "The API cannot be reached. It is tried again by itself.");
  });
  const body: unknown = await response.json().catch(() => {
    throw new ApiError(
      "BAD_ANSWER",
      `${path} answered ${response.status} without JSON. Is a proxy in between?`,
    );
  });
  if (!response.ok) {
    throw readError(body) ?? new ApiError("BAD_ANSWER", `${path} answered ${response.status}.`);
  }
  return body;
}
