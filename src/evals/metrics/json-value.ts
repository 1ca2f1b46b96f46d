import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { boundedJson, compilePath, maxOutputLength } from "../request/index.ts";
import { parseJson } from "./json-schema.ts";
import { quoted, requireExpected, type Subject, type Verdict, verdict } from "./verdict.ts";

export const jsonValueParameters = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(500)
      .describe("JSONata that finds the value in the output, such as items[0].price or $count(items) > 2"),
    equals: z.json().optional().describe("What it must find. Unset: the test's expected output"),
  })
  .superRefine(({ path }, context) => {
    try {
      compilePath(path);
    } catch (error) {
      context.addIssue({ code: "custom", path: ["path"], message: messageOf(error) });
    }
  });

/** Passes when the path finds the wanted value in the output, read as JSON. Objects are equal in whatever order. */
export async function judgeJsonValue(
  parameters: z.output<typeof jsonValueParameters>,
  subject: Subject,
): Promise<Verdict> {
  const wanted =
    parameters.equals === undefined ? expectedValues(subject) : [JSON.stringify(parameters.equals)];
  const read = parseJson(subject.output);
  if (read === undefined) return verdict(false, "The output is not JSON.");
  let found: string;
  try {
    const value: unknown = await compilePath(parameters.path).evaluate(read.value);
    if (value === undefined) {
      return verdict(false, `The path ${quoted(parameters.path)} found nothing in the output.`);
    }
    found = boundedJson(value, maxOutputLength);
  } catch (error) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The path ${quoted(parameters.path)} failed on the output: ${messageOf(error)}. Use a simpler path.`,
      { cause: error },
    );
  }
  const same = wanted.some((one) => isDeepStrictEqual(JSON.parse(found), JSON.parse(one)));
  return verdict(
    same,
    `The path ${quoted(parameters.path)} found ${quoted(found)}${same ? "" : `, expected was ${quoted(wanted[0] ?? "")}`}.`,
  );
}

/** An expected output is a text, and perhaps the JSON of a value: `7` is what the path finds as 7 or as "7". */
function expectedValues(subject: Subject): string[] {
  const expected = requireExpected("json_value", subject);
  const value = parseJson(expected);
  return [...(value === undefined ? [] : [JSON.stringify(value.value)]), JSON.stringify(expected)];
}

function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error
    ? String(error.message)
    : String(error);
}
