import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { type Issue, RowlockError } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";

// ajv-formats is CommonJS whose default export is the function itself; its types say otherwise under nodenext.
const addFormats = formatsModule as unknown as (ajv: Ajv2020) => Ajv2020;

/** Compiled schemas by their text, so that a changed schema is a new entry. Bounded: tasks are few. */
const compiled = new Map<string, ValidateFunction>();
const mostCompiled = 500;

/**
 * Checks payloads against the task's schema in the catalogue, at the door: before anything is stored.
 * @throws RowlockError UNKNOWN_TASK; INVALID_PAYLOAD with the path of each fault (`/1/name` in the second of several)
 */
export async function checkPayloads(
  tx: TenantTransaction,
  task: string,
  payloads: readonly unknown[],
): Promise<void> {
  const { rows } = await tx.query<{ schema: string }>(
    "select input_schema::text as schema from rowlock.tasks where name = $1",
    [task],
  );
  const [row] = rows;
  // Tasks of the system are not visible here; launching one is refused by name as well.
  if (row === undefined) {
    throw new RowlockError(
      "UNKNOWN_TASK",
      `There is no task "${task}" that you may launch. List the tasks with GET /api/tasks.`,
    );
  }
  const validate = validatorOf(row.schema);
  const issues: Issue[] = [];
  for (const [index, payload] of payloads.entries()) {
    if (validate(payload)) continue;
    const at = payloads.length > 1 ? `/${index}` : "";
    for (const error of validate.errors ?? []) {
      issues.push({ path: at + pathOf(error), message: error.message ?? "is invalid" });
    }
    if (issues.length >= 20) break;
  }
  if (issues.length === 0) return;
  const [first] = issues;
  throw new RowlockError(
    "INVALID_PAYLOAD",
    `The payload does not fit the task "${task}": ${first?.path || "/"} ${first?.message}.`,
    { issues },
  );
}

function pathOf(error: { instancePath: string; keyword: string; params: Record<string, unknown> }): string {
  // A missing or unknown property is reported at its parent; the caller wants the property.
  const property = error.params.missingProperty ?? error.params.additionalProperty;
  return typeof property === "string" ? `${error.instancePath}/${property}` : error.instancePath;
}

function validatorOf(schema: string): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(schema) as object);
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(schema, validate);
  return validate;
}
