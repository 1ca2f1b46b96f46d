import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formatsModule, { type FormatName } from "ajv-formats";
import { RE2JS } from "re2js";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { type Subject, type Verdict, verdict } from "./verdict.ts";
import { withinTime } from "./within-time.ts";

// ajv-formats is CommonJS whose default export is the function itself; its types say otherwise under nodenext.
const addFormats = formatsModule as unknown as (
  ajv: Ajv2020,
  options: { mode: "fast"; formats: FormatName[] },
) => Ajv2020;

const formats: FormatName[] = [
  "date",
  "time",
  "date-time",
  "uuid",
  "email",
  "uri",
  "hostname",
  "ipv4",
  "ipv6",
];
const maxSchemaLength = 20_000;
/** A short schema may ask for exponential work (each part twice the next); so long and no longer. */
const limitMs = 500;
const limitOfCompilingMs = 3_000;
/** Compiled schemas by their text. Bounded: whoever has more pays for compiling. */
const compiled = new Map<string, ValidateFunction>();
const mostCompiled = 200;

export const jsonSchemaParameters = z
  .strictObject({
    schema: z
      .union([z.record(z.string(), z.json()), z.boolean()])
      .describe("JSON Schema 2020-12 that the output, read as JSON, must fit; patterns in RE2 syntax"),
  })
  .superRefine(({ schema }, context) => {
    const problem = problemOf(schema);
    if (problem !== null) context.addIssue({ code: "custom", path: ["schema"], message: problem });
  });

/** Passes when the output is JSON that fits the schema. The expected output is not looked at. */
export function judgeJsonSchema(
  parameters: z.output<typeof jsonSchemaParameters>,
  subject: Subject,
): Verdict {
  const read = parseJson(subject.output);
  if (read === undefined) return verdict(false, "The output is not JSON.");
  try {
    const validate = withinTime(limitOfCompilingMs, () => validatorOf(parameters.schema));
    const fault = withinTime(limitMs, () => (validate(read.value) ? null : firstFault(validate)));
    return fault === null
      ? verdict(true, "The output fits the schema.")
      : verdict(false, `The output does not fit the schema: ${fault}.`);
  } catch (error) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The output cannot be checked by the schema: ${String(error)}. Use a simpler schema.`,
      { cause: error },
    );
  }
}

/** The value that a text is as JSON; undefined when it is none. */
export function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function problemOf(schema: Record<string, unknown> | boolean): string | null {
  if (JSON.stringify(schema).length > maxSchemaLength)
    return `the schema has more than ${maxSchemaLength} characters as JSON`;
  try {
    withinTime(limitOfCompilingMs, () => validatorOf(schema));
    return null;
  } catch (error) {
    return `the schema cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function validatorOf(schema: Record<string, unknown> | boolean): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const validate = compile(schema);
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(text, validate);
  return validate;
}

function compile(schema: Record<string, unknown> | boolean): ValidateFunction {
  // Its validator would answer with a promise, which passes for yes.
  if (typeof schema === "object" && "$async" in schema) throw new Error("$async is not supported");
  // Strict as to words nobody knows: a misspelled one would let everything pass.
  const ajv = new Ajv2020({
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    logger: false,
    inlineRefs: false,
    code: { regExp: Object.assign(linearTime, { code: "undefined" }) },
  });
  addFormats(ajv, { mode: "fast", formats });
  return ajv.compile(schema);
}

/** Patterns are a tenant's: RE2 never backtracks (see regex.ts). */
function linearTime(pattern: string): { test(text: string): boolean; toString(): string } {
  const regex = RE2JS.compile(RE2JS.translateRegExp(pattern));
  // ajv tells patterns apart by their text.
  return { test: (text) => regex.test(text), toString: () => pattern };
}

function firstFault({ errors }: ValidateFunction): string {
  const [error] = errors ?? [];
  return `${error?.instancePath || "/"} ${error?.message ?? "is invalid"}`.slice(0, 300);
}
