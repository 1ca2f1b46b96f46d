import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ApiExtension } from "../api/index.ts";
import type { Settings } from "../sdk/index.ts";

/**
 * What the shipped application adds to the API. It is found by its place and not imported by name, so that Rowlock
 * compiles and runs when the folder is taken away.
 */
export async function loadExtensions(settings: Settings): Promise<ApiExtension[]> {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const face = new URL(`../evals/index.${ending}`, import.meta.url);
  if (!settings.ROWLOCK_EVALS || !existsSync(fileURLToPath(face))) return [];
  const evals = (await import(face.href)) as { evalsExtension(settings: Settings): ApiExtension };
  return [evals.evalsExtension(settings)];
}
