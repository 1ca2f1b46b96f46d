import { ApiError, type Issue } from "./api-error.ts";

/** The first error of a GraphQL answer, or of a REST answer; undefined when it has none. */
export function readError(body: unknown): ApiError | undefined {
  const { errors, error } = fields(body);
  const first = Array.isArray(errors) ? errors[0] : error;
  if (first === undefined || first === null) return undefined;
  const { message, extensions, code, issues } = fields(first);
  const told = extensions === undefined ? { code, issues } : fields(extensions);
  return new ApiError(
    typeof told.code === "string" ? told.code : "INVALID_REQUEST",
    typeof message === "string" ? message : "The API refused without a word.",
    Array.isArray(told.issues) ? told.issues.filter(isIssue) : [],
  );
}

function isIssue(value: unknown): value is Issue {
  const { path, message } = fields(value);
  return typeof path === "string" && typeof message === "string";
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
