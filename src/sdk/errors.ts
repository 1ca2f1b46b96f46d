/**
 * The one registry of errors. Everything a caller can be told has a line here: SQL raises the `sqlstate`,
 * REST answers with `status`, GraphQL puts the code into `extensions.code`, the CLI prints the message.
 * `docs/errors.md` lists the same codes; a test keeps the two together.
 */
export const errorRegistry = {
  // Who is asking
  UNAUTHENTICATED: { sqlstate: "RL401", status: 401, means: "no credentials, or credentials nobody issued" },
  TOKEN_EXPIRED: { sqlstate: null, status: 401, means: "the token was valid and is no longer" },
  NOT_ALLOWED: { sqlstate: "RL403", status: 403, means: "the member's role does not permit this" },
  NOT_A_MEMBER: { sqlstate: "RL405", status: 403, means: "the user does not belong to the organization" },
  ORGANIZATION_INACTIVE: { sqlstate: "RL406", status: 403, means: "the organization is suspended" },
  NO_CLAIMS: { sqlstate: "RL407", status: 403, means: "SQL ran without an organization claim" },
  CLAIM_MISMATCH: {
    sqlstate: "RL408",
    status: 403,
    means: "a row or argument names another organization than the claims",
  },
  CLAIMS_ALREADY_SET: {
    sqlstate: "RL409",
    status: 500,
    means: "a transaction that has claims was given others",
  },

  // What is asked
  NOT_FOUND: { sqlstate: "RL404", status: 404, means: "no such row in this organization" },
  UNKNOWN_TASK: { sqlstate: "RL410", status: 422, means: "no task of this name is in the catalogue" },
  INVALID_PAYLOAD: { sqlstate: "RL422", status: 422, means: "the payload does not fit the task's schema" },
  INVALID_ARGUMENT: { sqlstate: "RL423", status: 422, means: "an option or field is out of bounds" },
  INVALID_BODY: { sqlstate: null, status: 400, means: "the request body cannot be read" },
  PAYLOAD_TOO_LARGE: { sqlstate: "RL413", status: 413, means: "the payload or body is over its bound" },
  QUERY_LIMIT: { sqlstate: null, status: 400, means: "a GraphQL query is too deep, too wide or too dear" },
  NOT_READ: {
    sqlstate: null,
    status: 408,
    means: "results of a subscription were not read for half a minute",
  },
  IMPORT_INVALID: {
    sqlstate: "RL424",
    status: 422,
    means: "lines of an import file cannot be used; nothing was stored",
  },
  CONFLICT: { sqlstate: "RL425", status: 409, means: "a row of this name or key is already there" },
  TOO_MANY_PENDING: {
    sqlstate: "RL429",
    status: 429,
    means: "the organization has as many unfinished jobs as it may",
  },

  // How a job ended
  TASK_FAILED: { sqlstate: null, status: 500, means: "the task's handler threw" },
  CANCELLED: {
    sqlstate: "RL431",
    status: 409,
    means: "the job was cancelled; what it wrote was rolled back",
  },
  CRASHED: { sqlstate: null, status: 500, means: "the job took its workers down several times" },
  JOB_TIMEOUT: { sqlstate: null, status: 500, means: "the attempt ran longer than the task allows" },
  DEADLINE_EXCEEDED: { sqlstate: null, status: 500, means: "the job had not ended by its deadline" },
  DEPENDENCY_FAILED: {
    sqlstate: null,
    status: 409,
    means: "a job on which this one depends did not succeed",
  },
  REPLACED: {
    sqlstate: null,
    status: 409,
    means: "another job with the key was launched before this one began",
  },
  JOB_LOST: {
    sqlstate: "RL430",
    status: 409,
    means: "the job is held by another attempt; this one may write nothing",
  },
  INVALID_RESULT: {
    sqlstate: null,
    status: 500,
    means: "the handler returned what its output schema forbids",
  },
  INTERNAL_ADDRESS: { sqlstate: null, status: 422, means: "a URL leads to an address that is not public" },
  FETCH_FAILED: {
    sqlstate: null,
    status: 502,
    means: "an outside service could not be reached or answered badly",
  },
  MODEL_FAILED: { sqlstate: null, status: 502, means: "a model could not be asked or answered badly" },
  MODEL_REFUSED: {
    sqlstate: null,
    status: 422,
    means: "a model's provider refuses its key, its id or another of its settings",
  },

  // How a process is set up
  INVALID_SETTING: { sqlstate: null, status: 500, means: "a setting is missing or malformed" },
  DATABASE_UNAVAILABLE: { sqlstate: null, status: 503, means: "the database cannot be reached" },
  DATABASE_UNSUPPORTED: { sqlstate: null, status: 500, means: "this Postgres is not 15 to 18" },
  DATABASE_TOO_OLD: { sqlstate: null, status: 503, means: "the schema is older than this Rowlock; migrate" },
  DATABASE_TOO_NEW: { sqlstate: null, status: 503, means: "the schema is newer than this Rowlock; upgrade" },
  MIGRATION_FAILED: { sqlstate: null, status: 500, means: "a migration file could not be applied" },
  UNSAFE_LOGIN: { sqlstate: null, status: 500, means: "a login could bypass row-level security" },
  PORT_IN_USE: { sqlstate: null, status: 500, means: "another process listens on the port" },
  INVALID_TASK_FILE: {
    sqlstate: null,
    status: 500,
    means: "a file under tasks/ has no task as its default export",
  },
  DUPLICATE_TASK: { sqlstate: null, status: 500, means: "two files define a task of one name" },
  TEST_GAVE_UP: { sqlstate: null, status: 500, means: "a test waited or drained up to its bound in vain" },
  INTERNAL: { sqlstate: null, status: 500, means: "a fault of ours; the log has the rest" },
} as const satisfies Record<string, { sqlstate: string | null; status: number; means: string }>;

export type ErrorCode = keyof typeof errorRegistry;

/** One place at which an input is wrong: `path` as a JSON pointer (`/items/0/url`), `message` in words. */
export type Issue = { path: string; message: string };

/** An error meant to be read by a caller. `message` names the fact, the value and what to do next. */
export class RowlockError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { issues?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RowlockError";
    this.code = code;
    this.issues = options.issues ?? [];
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }
}

const codeBySqlstate = new Map<string, ErrorCode>(
  Object.entries(errorRegistry).flatMap(([code, { sqlstate }]) =>
    sqlstate === null ? [] : [[sqlstate, code as ErrorCode]],
  ),
);

/** Turns what SQL raised with one of our codes into a `RowlockError`; anything else is returned as it is. */
export function fromDatabase(error: unknown): unknown {
  const code = codeBySqlstate.get(sqlstateOf(error) ?? "");
  if (code === undefined || !(error instanceof Error)) return error;
  const hint = "hint" in error && typeof error.hint === "string" ? ` ${error.hint}` : "";
  const detail = "detail" in error && typeof error.detail === "string" ? parseIssues(error.detail) : [];
  return new RowlockError(code, error.message + hint, { issues: detail, cause: error });
}

/** The SQLSTATE of a database error (`"23505"`) or the code of a socket error (`"ECONNRESET"`), else undefined. */
export function sqlstateOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** Whether the database or the way to it failed, rather than the work: such an error costs a job no attempt. */
export function isInfrastructureError(error: unknown): boolean {
  if (error instanceof RowlockError) return error.code === "DATABASE_UNAVAILABLE";
  const code = sqlstateOf(error) ?? "";
  if (
    /^(57P0[1-5]|53300|08\w{3}|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/.test(
      code,
    )
  ) {
    return isFromDatabase(error) || !/^(ENOENT|ENOTFOUND|EAI_AGAIN)$/.test(code);
  }
  return (
    error instanceof Error &&
    /Connection terminated|Client has encountered a connection error/.test(error.message)
  );
}

function isFromDatabase(error: unknown): boolean {
  // A missing socket file says ENOENT from `connect`; a task's own missing file says it from `open`.
  return typeof error === "object" && error !== null && "syscall" in error
    ? error.syscall === "connect" || error.syscall === "getaddrinfo"
    : true;
}

function parseIssues(detail: string): Issue[] {
  try {
    const parsed: unknown = JSON.parse(detail);
    return Array.isArray(parsed) ? (parsed as Issue[]) : [];
  } catch {
    return [];
  }
}
