import { bounds, RowlockError } from "../sdk/index.ts";

/** A NUL or half of a surrogate pair, as JSON.stringify writes them; Postgres' jsonb holds neither. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** Whether Postgres can store this text of JSON. */
export function isStorable(json: string): boolean {
  return !unstorable.test(json);
}

/**
 * Payloads as JSON text; one that is missing counts as {}.
 * @throws RowlockError PAYLOAD_TOO_LARGE, INVALID_PAYLOAD
 */
export function encodePayloads(task: string, payloads: readonly unknown[]): string[] {
  return payloads.map((payload, index) => {
    const text = JSON.stringify(payload ?? {});
    const which = payloads.length > 1 ? `Payload ${index + 1}` : "The payload";
    if (Buffer.byteLength(text) > bounds.payloadBytes) {
      throw new RowlockError(
        "PAYLOAD_TOO_LARGE",
        `${which} of "${task}" has ${Buffer.byteLength(text)} bytes; at most ${bounds.payloadBytes} are allowed. Store the data in a table of yours and pass its id.`,
      );
    }
    if (!isStorable(text)) {
      throw new RowlockError(
        "INVALID_PAYLOAD",
        `${which} of "${task}" has a NUL or half a surrogate pair in a text, which Postgres cannot store. Remove it.`,
      );
    }
    return text;
  });
}
