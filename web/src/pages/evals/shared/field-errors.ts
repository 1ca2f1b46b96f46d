import { ApiError, toApiError } from "../../../api/api-error.ts";

/** What is wrong with each field, by its name. */
export type FieldErrors = Readonly<Record<string, string | undefined>>;

/**
 * The issues of a refusal by the field each is in: `/parameters/pattern` stands with `parameters`, saying so, and with
 * `parameters.pattern`.
 */
export function fieldErrors(error: unknown): FieldErrors {
  const errors: Record<string, string> = {};
  for (const { path, message } of toApiError(error).issues) {
    const [name = "", ...rest] = path.split("/").slice(1);
    const told = rest.length === 0 ? message : `${rest.join(".")}: ${message}`;
    if (rest.length > 0) errors[[name, ...rest].join(".")] = message;
    errors[name] = errors[name] === undefined ? told : `${errors[name]}; ${told}`;
  }
  return errors;
}

/** Reads a field of JSON. @throws ApiError with an issue at the field */
export function readJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "It is no JSON.";
    throw new ApiError("INVALID_ARGUMENT", `${field} is no JSON: ${message}`, [
      { path: `/${field}`, message: `This is no JSON: ${message}` },
    ]);
  }
}
