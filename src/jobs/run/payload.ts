import { bounds, RowlockError } from "../../sdk/index.ts";
import type { TaskDefinition } from "../define-task.ts";
import { isStorable } from "../encode-json.ts";

/** @throws RowlockError INVALID_PAYLOAD with the path: launches from SQL are checked here first */
export async function parsePayload(definition: TaskDefinition, payload: unknown): Promise<unknown> {
  const parsed = await definition.input.safeParseAsync(payload);
  if (parsed.success) return parsed.data;
  throw misfit(
    "INVALID_PAYLOAD",
    `The payload does not fit the task "${definition.name}"`,
    parsed.error.issues,
  );
}

/** The result as JSON text, null for none. @throws RowlockError INVALID_RESULT */
export async function encodeResult(definition: TaskDefinition, result: unknown): Promise<string | null> {
  if (definition.output === undefined) return null;
  const parsed = await definition.output.safeParseAsync(result);
  if (!parsed.success) {
    throw misfit(
      "INVALID_RESULT",
      `The result does not fit the output of "${definition.name}"`,
      parsed.error.issues,
    );
  }
  const text = JSON.stringify(parsed.data) ?? null;
  if (text !== null && Buffer.byteLength(text) > bounds.payloadBytes) {
    throw new RowlockError(
      "INVALID_RESULT",
      `The result of "${definition.name}" has ${Buffer.byteLength(text)} bytes; at most ${bounds.payloadBytes} are kept. Store it in a table of yours and return its id.`,
    );
  }
  if (text !== null && !isStorable(text)) {
    throw new RowlockError(
      "INVALID_RESULT",
      `The result of "${definition.name}" has a NUL or half a surrogate pair in a text, which Postgres cannot store. Remove it.`,
    );
  }
  return text;
}

function misfit(
  code: "INVALID_PAYLOAD" | "INVALID_RESULT",
  what: string,
  found: readonly { path: PropertyKey[]; message: string }[],
): RowlockError {
  const issues = found.map((issue) => ({
    path: `/${issue.path.map(String).join("/")}`,
    message: issue.message,
  }));
  const [first] = issues;
  return new RowlockError(code, `${what}: ${first?.path} ${first?.message}.`, { issues });
}
