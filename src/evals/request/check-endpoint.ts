import { type Issue, RowlockError } from "../../sdk/index.ts";
import { headerProblem, parseAllowList, readTarget } from "../safe-fetch/index.ts";
import { type Endpoint, endpointSchema } from "./endpoint.ts";
import { parseText, variablesOf } from "./liquid.ts";
import { messageOf } from "./render-request.ts";
import { compilePath } from "./response-path.ts";
import { requestVariables } from "./variables.ts";
import { escapePointer, mapTexts } from "./walk-template.ts";

const anyAddress = ["0.0.0.0/0", "::/0"];
const maxTemplateLength = 64 * 1024;

/**
 * Looks at an endpoint before it is stored.
 * @param allow the operator's ranges (ALLOW_INTERNAL_ADDRESSES): given, a URL with an internal address written out is
 *   an issue too. The call itself checks in any case.
 * @returns what is wrong, each with its JSON pointer; empty when nothing is
 */
export function checkEndpoint(given: unknown, allow: readonly string[] = anyAddress): Issue[] {
  const parsed = endpointSchema.safeParse(given);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => ({
      path: path.map((part) => `/${escapePointer(String(part))}`).join(""),
      message,
    }));
  }
  const endpoint = parsed.data;
  return [
    ...checkUrl(endpoint, allow),
    ...checkHeaders(endpoint),
    ...checkTemplate(endpoint),
    ...checkPaths(endpoint),
  ];
}

function checkUrl({ url }: Endpoint, allow: readonly string[]): Issue[] {
  try {
    readTarget(url, parseAllowList(allow));
    return [];
  } catch (error) {
    if (error instanceof RowlockError && error.code !== "INVALID_SETTING") {
      return [{ path: "/url", message: error.message }];
    }
    throw error;
  }
}

function checkHeaders({ headers }: Endpoint): Issue[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const message = headerProblem(name, value);
    return message === null ? [] : [{ path: `/headers/${escapePointer(name)}`, message }];
  });
}

export function checkTemplate({ method, requestTemplate }: Endpoint): Issue[] {
  const path = "/requestTemplate";
  if (requestTemplate === null) return [];
  if (method === "GET") return [{ path, message: "a GET has no body; remove the template or use POST" }];
  const issues: Issue[] = [];
  try {
    if (JSON.stringify(requestTemplate).length > maxTemplateLength) {
      return [{ path, message: `the template has more than ${maxTemplateLength} characters` }];
    }
    mapTexts(
      requestTemplate,
      ({ pointer, text }) => {
        for (const message of problemsOf(text)) issues.push({ path: pointer, message });
        return null;
      },
      path,
    );
  } catch (error) {
    issues.push({ path, message: messageOf(error) });
  }
  return issues;
}

function problemsOf(text: string): string[] {
  try {
    return variablesOf(parseText(text))
      .filter((name) => !requestVariables.includes(name))
      .map((name) => `unknown variable ${name}; a request knows ${requestVariables.join(", ")}`);
  } catch (error) {
    return [messageOf(error)];
  }
}

function checkPaths({ responsePath, responseMapping }: Endpoint): Issue[] {
  return [
    ...checkPath("/responsePath", responsePath),
    ...Object.entries(responseMapping).flatMap(([name, path]) =>
      path === undefined ? [] : checkPath(`/responseMapping/${name}`, path),
    ),
  ];
}

function checkPath(pointer: string, path: string): Issue[] {
  try {
    compilePath(path);
    return [];
  } catch (error) {
    const why = typeof error === "object" && error !== null && "message" in error ? error.message : error;
    return [{ path: pointer, message: String(why) }];
  }
}
