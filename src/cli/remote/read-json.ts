import { Refusal } from "./refusal.ts";

/** @throws Refusal naming the flag whose text is no JSON */
export function readJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(`${flag} is not JSON: ${text.slice(0, 100)}`);
  }
}
