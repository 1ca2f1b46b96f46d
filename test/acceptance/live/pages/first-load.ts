import assert from "node:assert/strict";

import type { EvalsScene } from "../../../web/evals-scene.ts";

const mostScript = 300 * 1024;

/** Loads the overview into an empty browser and weighs what comes over the wire. @returns sizes and times, as words */
export async function firstLoad({ openAs }: EvalsScene): Promise<string> {
  // Whoever is signed in comes back in the same tab with nothing kept but the token.
  const page = await openAs("/overview");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map<string, string>();
  const encodings = new Set<string>();
  let bytes = 0;
  devtools.on("Network.responseReceived", ({ requestId, type, response }) => {
    kinds.set(requestId, type);
    if (type === "Script") encodings.add(response.headers["content-encoding"] ?? "none");
  });
  // What comes as the answer's body, as it is sent: compressed.
  devtools.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
    if (kinds.get(requestId) === "Script") bytes += encodedDataLength;
  });
  await page.reload();
  await page.getByRole("heading", { name: "Why jobs failed" }).waitFor();
  await page.locator("canvas").first().waitFor();
  const paints = (await page.evaluate(
    `performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime)`,
  )) as number[];
  await page.context().close();

  const files = [...kinds.values()].filter((kind) => kind === "Script").length;
  const text = `first page: ${(bytes / 1024).toFixed(1)} KB of script (${[...encodings].join(", ")}) in ${files} files over the wire, first paint after ${paints[0]?.toFixed(0)} ms`;
  assert.ok(files > 2 && bytes > 0, text);
  assert.ok(bytes < mostScript, text);
  return text;
}
