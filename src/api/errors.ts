import { fromDatabase, type Issue, isInfrastructureError, RowlockError, sqlstateOf } from "../sdk/index.ts";

/**
 * Whatever went wrong, as what a caller may be told. What is not foreseen is INTERNAL without a word of its text;
 * the log has that. Messages of Postgres itself are replaced: they may quote rows.
 */
export function toCallerError(error: unknown, requestId: string | undefined): RowlockError {
  const known = fromDatabase(error);
  if (known instanceof RowlockError) {
    return known.code === "INTERNAL" ? internal(known, requestId) : known;
  }
  if (isInfrastructureError(error)) {
    return new RowlockError(
      "DATABASE_UNAVAILABLE",
      "The database cannot be reached. Try again in a moment.",
      {
        cause: error,
      },
    );
  }
  return fromBodyParser(error) ?? fromSqlstate(error) ?? fromDeletion(error) ?? internal(error, requestId);
}

/** PostGraphile's own error of a deletion that met no row has nothing but its text. */
function fromDeletion(error: unknown): RowlockError | undefined {
  if (!(error instanceof Error) || !error.message.startsWith("No values were deleted in collection"))
    return undefined;
  return new RowlockError("NOT_FOUND", "There is no such row in this organization.", { cause: error });
}

/** Whether the log should have the error in full, with its stack: it is our fault, or the database's. */
export function isFault(error: RowlockError): boolean {
  return error.status >= 500;
}

function internal(cause: unknown, requestId: string | undefined): RowlockError {
  const where = requestId === undefined ? "the log" : `the log under request ${requestId}`;
  return new RowlockError(
    "INTERNAL",
    `Something went wrong on our side; whoever runs this finds it in ${where}.`,
    { cause },
  );
}

function fromSqlstate(error: unknown): RowlockError | undefined {
  const code = sqlstateOf(error);
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  const constraint = nameIn(error, "constraint");
  const named = constraint === undefined ? "" : ` (${constraint})`;
  const column = nameIn(error, "column");
  const issues: Issue[] = column === undefined ? [] : [{ path: `/${column}`, message: "is required" }];
  const wrong = (message: string) => new RowlockError("INVALID_ARGUMENT", message, { issues, cause: error });
  switch (code) {
    case "23505":
      return new RowlockError(
        "CONFLICT",
        `There is such a row already${named}. Change what must be unique.`,
        {
          cause: error,
        },
      );
    case "23503":
      return wrong(`A row refers to another that is not there, or is still referred to${named}.`);
    case "23502":
      return wrong(`A value is missing${column === undefined ? "" : `: ${column}`}.`);
    case "23514":
      return wrong(`A value is outside of what the table allows${named}.`);
    case "42501":
      return new RowlockError("NOT_ALLOWED", "You may not read or change this. Ask an administrator.", {
        cause: error,
      });
    case "57014":
      return new RowlockError(
        "QUERY_LIMIT",
        "The database took too long and was stopped. Ask for less at once.",
        {
          cause: error,
        },
      );
    case "54001":
      return wrong("A value is nested too deeply.");
    case "40001":
    case "40P01":
      return new RowlockError("CONFLICT", "Someone changed the same rows at this moment. Try again.", {
        cause: error,
      });
  }
  // Class 22: a value that cannot be read as its type, such as a malformed uuid.
  return code.startsWith("22") ? wrong("A value cannot be read as its type, or is out of range.") : undefined;
}

/** The `type` of an error thrown while a body is read, as those of express's parser have one. */
export const bodyTooDeep = "entity.too.deep";

/** Errors of express's body parser carry a `type`. */
function fromBodyParser(error: unknown): RowlockError | undefined {
  switch (nameIn(error, "type")) {
    case undefined:
      return undefined;
    case "entity.too.large":
      return new RowlockError("PAYLOAD_TOO_LARGE", "The request body is too large. Send less at once.", {
        cause: error,
      });
    case bodyTooDeep:
      return new RowlockError("INVALID_BODY", "The request body is nested too deeply. Send it flatter.", {
        cause: error,
      });
    case "entity.parse.failed":
      return new RowlockError("INVALID_BODY", "The request body is not valid JSON.", { cause: error });
    case "encoding.unsupported":
    case "charset.unsupported":
      return new RowlockError(
        "INVALID_BODY",
        "The encoding of the request body is not supported. Send UTF-8.",
        {
          cause: error,
        },
      );
    case "request.aborted":
    case "request.size.invalid":
      return new RowlockError("INVALID_BODY", "The request body ended too early.", { cause: error });
  }
  return undefined;
}

function nameIn(error: unknown, property: "constraint" | "column" | "type"): string | undefined {
  if (typeof error !== "object" || error === null || !(property in error)) return undefined;
  const value: unknown = (error as Record<string, unknown>)[property];
  return typeof value === "string" && value !== "" ? value : undefined;
}
