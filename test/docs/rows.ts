import { z } from "zod";
import { type ErrorCode, errorRegistry } from "../../src/sdk/index.ts";

/** A line of docs/errors.md. */
export function errorRow(code: ErrorCode): string {
  const { sqlstate, status, means } = errorRegistry[code];
  return `| \`${code}\` | ${sqlstate === null ? "" : `\`${sqlstate}\``} | ${status} | ${means} |`;
}

type Entry = { name: string; description: string; default: unknown; choices: unknown[] };

/** The settings as a reader sees them: what is written, before lists are split and numbers made. */
export function settingEntries(schema: z.ZodObject): Entry[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(properties).map(([name, property]) => {
    const {
      description = "",
      default: value,
      enum: choices = [],
    } = Object(property) as z.core.JSONSchema.Schema;
    return { name, description, default: value, choices };
  });
}

/** A line of docs/configuration.md. */
export function settingRow({ name, description, default: value, choices }: Entry): string {
  const unnamed = choices.some((choice) => !description.includes(String(choice)));
  const words = [description, ...(unnamed ? [`One of: ${choices.join(", ")}`] : [])]
    .filter(Boolean)
    .join(". ");
  return `| \`${name}\` | ${value === undefined || value === "" ? "" : `\`${value}\``} | ${words} |`;
}
