import type { EndpointListQuery } from "../../../api/graphql.generated.ts";
import { numberOr } from "../../../forms/number-or.ts";
import { readJson } from "../shared/field-errors.ts";

export type EndpointLine = NonNullable<NonNullable<EndpointListQuery["endpoints"]>["nodes"][number]>;

/** The form's fields as typed. Secrets are empty when a stored one is to stay. */
export type EndpointValues = {
  name: string;
  url: string;
  method: string;
  headers: string;
  secretHeaders: { name: string; value: string }[];
  requestTemplate: string;
  responsePath: string;
  context: string;
  toolCalls: string;
  conversationId: string;
  authType: string;
  token: string;
  headerName: string;
  headerValue: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope: string;
  audience: string;
  timeoutMs: string | number;
  maxAttempts: string | number;
  concurrency: string | number;
  ratePerMinute: string | number;
};

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

export function valuesOf(endpoint: EndpointLine | undefined): EndpointValues {
  const auth = Object(endpoint?.auth) as Partial<Record<string, string>>;
  const mapping = Object(endpoint?.responseMapping) as Partial<Record<string, string>>;
  return {
    name: endpoint?.name ?? "",
    url: endpoint?.url ?? "",
    method: endpoint?.method ?? "POST",
    headers: pretty(endpoint?.headers ?? {}),
    secretHeaders: secretsOf(endpoint)
      .filter((name) => name !== "auth")
      .map((name) => ({ name, value: "" })),
    requestTemplate: pretty(endpoint === undefined ? { input: "{{ input }}" } : endpoint.requestTemplate),
    responsePath: endpoint?.responsePath ?? "output",
    context: mapping.context ?? "",
    toolCalls: mapping.toolCalls ?? "",
    conversationId: mapping.conversationId ?? "",
    authType: auth.type ?? "none",
    token: "",
    headerName: auth.name ?? "",
    headerValue: "",
    tokenUrl: auth.tokenUrl ?? "",
    clientId: auth.clientId ?? "",
    clientSecret: "",
    scope: auth.scope ?? "",
    audience: auth.audience ?? "",
    timeoutMs: endpoint?.timeoutMs ?? 30_000,
    maxAttempts: endpoint?.maxAttempts ?? 4,
    concurrency: endpoint?.concurrency ?? "",
    ratePerMinute: endpoint?.ratePerMinute ?? "",
  };
}

/** Names of the secrets that are stored: `auth`, or a header's. */
export function secretsOf(endpoint: EndpointLine | undefined): string[] {
  const secrets: unknown = endpoint?.secrets;
  return Array.isArray(secrets) ? secrets.map((one) => String((Object(one) as { name?: unknown }).name)) : [];
}

/** The body of the API's route. @throws ApiError at a field that is no JSON */
export function bodyOf(values: EndpointValues): unknown {
  const { context, toolCalls, conversationId } = values;
  return {
    name: values.name,
    url: values.url,
    method: values.method,
    headers: readJson(values.headers, "headers"),
    secretHeaders: Object.fromEntries(
      values.secretHeaders
        .filter(({ name }) => name !== "")
        .map(({ name, value }) => [name, value === "" ? null : value]),
    ),
    requestTemplate: values.method === "GET" ? null : readJson(values.requestTemplate, "requestTemplate"),
    responsePath: values.responsePath,
    responseMapping: filled({ context, toolCalls, conversationId }),
    auth: authOf(values),
    timeoutMs: numberOr(values.timeoutMs, undefined),
    maxAttempts: numberOr(values.maxAttempts, undefined),
    concurrency: numberOr(values.concurrency, null),
    ratePerMinute: numberOr(values.ratePerMinute, null),
  };
}

function authOf(values: EndpointValues): unknown {
  const { authType: type, token, tokenUrl, clientId, clientSecret, scope, audience } = values;
  if (type === "bearer") return { type, ...filled({ token }) };
  if (type === "header") return { type, name: values.headerName, ...filled({ value: values.headerValue }) };
  if (type !== "oauth") return { type: "none" };
  return { type, tokenUrl, clientId, ...filled({ clientSecret, scope, audience }) };
}

/** Without what was left empty: a secret that is left out stays as it is stored. */
function filled(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}
