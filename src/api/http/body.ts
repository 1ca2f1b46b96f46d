import express, { type Router } from "express";
import type { Settings } from "../../sdk/index.ts";
import { bodyTooDeep } from "../errors.ts";

/** Deeper than any payload needs, and far from where parsers and printers run out of stack. */
const deepest = 100;

const openings = new Set([0x5b, 0x7b]); // [ {
const closings = new Set([0x5d, 0x7d]); // ] }
const quote = 0x22;
const backslash = 0x5c;

/** Reads JSON bodies within bounds of size and depth. Other bodies are left as streams: a route that wants one takes it. */
export function installBody(router: Router, settings: Pick<Settings, "API_MAX_BODY_BYTES">): void {
  router.use(
    express.json({
      limit: settings.API_MAX_BODY_BYTES,
      strict: true,
      verify: (_request, _response, body) => assertShallow(body),
    }),
  );
}

/** The parser sets a status on what is thrown here, so it is one of its own kind of errors. */
function assertShallow(body: Buffer): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (inText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inText = false;
    } else if (byte === quote) {
      inText = true;
    } else if (openings.has(byte)) {
      depth += 1;
      if (depth > deepest) {
        throw Object.assign(new Error(`nested more than ${deepest} deep`), { type: bodyTooDeep });
      }
    } else if (closings.has(byte)) {
      depth -= 1;
    }
  }
}
