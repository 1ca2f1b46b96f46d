import { Logger, type LogMeta } from "@graphile/logger";
import { type DestinationStream, pino, stdTimeFunctions } from "pino";

export { Logger, type LogMeta } from "@graphile/logger";

export type LogOptions = {
  /** Least important line written. */
  level: "debug" | "info" | "warn" | "error";
  /** json: one object a line, for machines; text: for people. */
  format: "json" | "text";
  /** Where lines go. Default: stderr, so that what a command prints stays clean. */
  destination?: DestinationStream;
};

/** Longest text in a line; an error of a task may carry a whole document. */
const longestText = 4_000;
const deepest = 6;

/**
 * The logger of every part; Graphile's libraries take it as it is. Scope and `meta` become fields.
 * Texts and fields that look like secrets are blotted out before they are written.
 */
export function createLogger(options: LogOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const writer = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: levelName },
    },
    options.format === "json" ? destination : textInto(destination),
  );
  return new Logger((scope) => (level, message, meta) => {
    const name: string = level;
    const method = name === "warning" ? "warn" : name === "error" || name === "debug" ? name : "info";
    if (writer.isLevelEnabled(method)) writer[method](fieldsOf({ ...scope, ...meta }), redactText(message));
  });
}

/** Blots out bearer tokens, JWTs, our API keys and passwords inside URLs, and cuts what is very long. */
export function redactText(text: string): string {
  const clean = text
    .replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, "$1 ***")
    .replaceAll(/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, "***")
    .replaceAll(/\brlk_\w{4,}/g, "rlk_***")
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s@/?#]+@/gi, "$1:***@")
    .replaceAll(/([?&](?:password|token|api_?key|secret|access_token)=)[^\s&#"']+/gi, "$1***");
  return clean.length <= longestText ? clean : `${clean.slice(0, longestText)}… (${clean.length} characters)`;
}

const secretName = /^(.*[_-])?(authorization|cookie|set-cookie|password|passwd|secret|token|api[_-]?key)$/i;

/** A copy of any value fit for a log line: secrets blotted out, errors spelled out, depth bound. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return "…";
  if (value instanceof Date) return value;
  if (value instanceof Error) return redact(spellOut(value), depth);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecret(name) && item != null ? "***" : redact(item, depth + 1),
    ]),
  );
}

function isSecret(name: string): boolean {
  return secretName.test(name.replaceAll(/([a-z])([A-Z])/g, "$1_$2"));
}

function spellOut(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause }) };
}

function fieldsOf(meta: LogMeta): Record<string, unknown> {
  const fields = redact(meta);
  return typeof fields === "object" && fields !== null ? { ...fields } : {};
}

function levelName(label: string): { level: string } {
  return { level: label };
}

/** `12:00:01.123 INFO  message  name=value`, stacks below. Reads back what pino wrote; for people, not for speed. */
function textInto(destination: DestinationStream): DestinationStream {
  return {
    write(line: string) {
      const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const stacks: string[] = [];
      const shown = Object.entries(fields).flatMap(([name, value]) => {
        const stack = stackOf(value);
        if (stack !== undefined) stacks.push(stack);
        return value === undefined || value === null ? [] : [`${name}=${oneLine(value)}`];
      });
      const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}`;
      destination.write(`${[[head, ...shown].join("  "), ...stacks].join("\n")}\n`);
    },
  };
}

function oneLine(value: unknown): string {
  if (typeof value === "object" && value !== null && "stack" in value && "message" in value) {
    return JSON.stringify(value.message);
  }
  return typeof value === "string" && !/[\s="]/.test(value) ? value : JSON.stringify(value);
}

function stackOf(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string"
    ? value.stack
    : undefined;
}
