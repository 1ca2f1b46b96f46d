/** One place at which an input is wrong: `path` as a JSON pointer (`/items/0/url`), `message` in words. */
export type Issue = { path: string; message: string };

/** What the API refused, with the code of its registry; or NETWORK and BAD_ANSWER when it was not the API that spoke. */
export class ApiError extends Error {
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(code: string, message: string, issues: readonly Issue[] = []) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.issues = issues;
  }

  /** Whether the session is over, so that asking again cannot help. */
  get endsSession(): boolean {
    return endings.has(this.code);
  }

  /** Whether the same request may work in a moment. */
  get mayPass(): boolean {
    return this.code === "NETWORK" || this.code === "DATABASE_UNAVAILABLE";
  }
}

const endings = new Set(["UNAUTHENTICATED", "TOKEN_EXPIRED", "NOT_A_MEMBER", "ORGANIZATION_INACTIVE"]);

/** Anything thrown, as an `ApiError`. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("INTERNAL", error instanceof Error ? error.message : String(error));
}
