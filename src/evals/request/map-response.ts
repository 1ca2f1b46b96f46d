import { FetchError } from "../safe-fetch/index.ts";
import { boundedJson, maxOutputLength } from "./bounded-json.ts";
import { compilePath } from "./response-path.ts";

/**
 * An endpoint's answer as JSON.
 * @throws FetchError (FETCH_FAILED, reason "answer")
 */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FetchError(
      "answer",
      `The endpoint's answer (${text.length} characters) is not JSON. It must answer JSON.`,
    );
  }
}

/**
 * Takes the output from an endpoint's answer. What is not text becomes JSON text.
 * @param path JSONata kept to finding things, such as `output` or `choices[0].message.content`
 * @throws FetchError (FETCH_FAILED, reason "answer") when the path finds nothing, fails, or takes over a second
 */
export async function mapResponse(path: string, body: unknown): Promise<{ output: string }> {
  const found = await evaluate(path, body);
  if (found === undefined) {
    throw new FetchError(
      "answer",
      `The response path ${path} found nothing in the endpoint's answer. Compare the two.`,
    );
  }
  const output = typeof found === "string" ? found : toJson(found);
  if (output.length > maxOutputLength) {
    throw new FetchError(
      "answer",
      `The output has ${output.length} characters, more than ${maxOutputLength}.`,
    );
  }
  return { output };
}

async function evaluate(path: string, body: unknown): Promise<unknown> {
  try {
    return await compilePath(path).evaluate(body);
  } catch (error) {
    const why = typeof error === "object" && error !== null && "message" in error ? error.message : error;
    throw new FetchError(
      "answer",
      `The response path ${path} failed on the endpoint's answer: ${String(why)}.`,
      {
        cause: error,
      },
    );
  }
}

function toJson(value: unknown): string {
  try {
    return boundedJson(value, maxOutputLength);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FetchError("answer", `The output cannot be kept: ${why}.`, { cause: error });
  }
}
