import type { Request, Response, Router } from "express";
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
  ZodOpenApiResponsesObject,
} from "zod-openapi";
import { route } from "./route.ts";
import { errorBody } from "./schemas.ts";

/** A route and its description in one: what is served is what is documented. */
export type Endpoint = {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** Relative to /api, parameters as in OpenAPI: `/jobs/{id}`. */
  path: string;
  operation: ZodOpenApiOperationObject;
  handle: (request: Request, response: Response) => Promise<unknown>;
};

export function mountEndpoints(router: Router, endpoints: readonly Endpoint[]): void {
  for (const { method, path, handle } of endpoints) {
    router[method](path.replaceAll(/\{(\w+)\}/g, ":$1"), route(handle));
  }
}

export function describeEndpoints(endpoints: readonly Endpoint[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const { method, path, operation } of endpoints) {
    paths[`/api${path}`] = { ...paths[`/api${path}`], [method]: operation };
  }
  return paths;
}

/** Tells whoever sent a launch again that this is the answer to the first. */
export function sayAgain(response: Response, again: boolean): void {
  if (again) response.setHeader("Idempotency-Replayed", "true");
}

/** The answers an operation may give beside its own: everyone must expect these. */
export function withErrors(
  responses: ZodOpenApiResponsesObject,
  errors: Partial<Record<"400" | "403" | "404" | "409" | "413" | "422", string>>,
): ZodOpenApiResponsesObject {
  const all: Record<string, string> = {
    "401": "No credentials, or not valid ones",
    "403": "Not a member, or the organization is suspended",
    ...errors,
    "503": "The database cannot be reached",
  };
  return {
    ...responses,
    ...Object.fromEntries(
      Object.entries(all).map(([status, description]) => [
        status,
        { description, content: { "application/json": { schema: errorBody } } },
      ]),
    ),
  };
}
