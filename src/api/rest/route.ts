import type { Request, RequestHandler, Response } from "express";
import type { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { idempotencyHeader, parseWith } from "../launch-request.ts";

/**
 * A handler whose answer is what it returns, as JSON. It may set a status before, or answer by itself and return
 * undefined. What it throws is answered by its code.
 */
export function route(handle: (request: Request, response: Response) => Promise<unknown>): RequestHandler {
  return async (request, response) => {
    const body = await handle(request, response);
    if (body !== undefined && !response.headersSent) response.json(body);
  };
}

/**
 * The JSON body, read by its schema.
 * @throws RowlockError INVALID_BODY when it is no JSON; INVALID_ARGUMENT with the path of each fault
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  if (request.body === undefined) {
    throw new RowlockError(
      "INVALID_BODY",
      "The request has no JSON body. Send one, with `Content-Type: application/json`.",
    );
  }
  return parseWith(schema, request.body, "request body");
}

/** The query string, read by its schema. @throws RowlockError INVALID_ARGUMENT */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  return parseWith(schema, { ...request.query }, "query string");
}

/** The header `Idempotency-Key`, undefined without one. @throws RowlockError INVALID_ARGUMENT */
export function parseIdempotencyKey(request: Request): string | undefined {
  const headers = { "Idempotency-Key": request.get("Idempotency-Key") };
  return parseWith(idempotencyHeader, headers, "request's header")["Idempotency-Key"];
}

/** The parameters of the path, read by their schema. @throws RowlockError INVALID_ARGUMENT */
export function parseParams<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  return parseWith(schema, { ...request.params }, "path");
}
