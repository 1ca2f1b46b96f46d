import { type Issue, RowlockError } from "../../sdk/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { parseText, renderText } from "./liquid.ts";
import { mapTexts } from "./walk-template.ts";

/** What goes over the wire. `body` is JSON text, or null for none. */
export type RenderedRequest = {
  method: Endpoint["method"];
  url: string;
  headers: Record<string, string>;
  body: string | null;
};

/**
 * Fills an endpoint's template.
 * @param variables what the template may name: `{ input }`, never what the test expects
 * @throws RowlockError INVALID_ARGUMENT with an issue for each text that cannot be rendered
 */
export function renderRequest(endpoint: Endpoint, variables: Record<string, unknown>): RenderedRequest {
  const { method, url, headers, requestTemplate } = endpoint;
  if (method === "GET" || requestTemplate === null) return { method, url, headers, body: null };
  const issues: Issue[] = [];
  const body = mapTexts(
    requestTemplate,
    ({ pointer, text }) => {
      try {
        return renderText(parseText(text), variables);
      } catch (error) {
        issues.push({ path: pointer, message: messageOf(error) });
        return null;
      }
    },
    "/requestTemplate",
  );
  const [first] = issues;
  if (first !== undefined) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The request cannot be made: ${first.path}: ${first.message}. Correct the endpoint's template.`,
      { issues },
    );
  }
  const named = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    method,
    url,
    headers: named ? headers : { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** Liquid says `undefined variable: x, line:1, col:4`; the first line is enough, what follows is the template again. */
export function messageOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  return line.slice(0, 300);
}
