import { z } from "zod";

/** A setting as a reader of `.env.example` needs it. */
type Entry = { name: string; description: string | undefined; default: unknown; choices: unknown[] };

const head = `# Every setting of Rowlock, the same for API and worker. Written from src/sdk/config.ts by
# \`npx node scripts/settings.ts\`. Each line shows the default; remove the # in front to change it.
# An empty value counts as unset.
`;

/** The text of `.env.example` for a settings schema: each setting as a commented line under its description. */
export function envExample(schema: z.ZodObject): string {
  return [head, ...entriesOf(schema).map(paragraph)].join("\n");
}

/** Names set in a file of environment variables, commented out or not, in order. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? "");
}

/**
 * What is wrong with an `.env.example`, one sentence each; none when it is complete and up to date.
 * @param text the file's content, empty when there is none
 */
export function judgeEnvExample(schema: z.ZodObject, text: string): string[] {
  const known = entriesOf(schema).map((entry) => entry.name);
  const named = namesIn(text);
  const faults = [
    ...known.filter((name) => !named.includes(name)).map((name) => `${name} is missing.`),
    ...named.filter((name) => !known.includes(name)).map((name) => `${name} is no setting of Rowlock.`),
  ];
  if (faults.length === 0 && text !== envExample(schema)) {
    faults.push("a description, a default or the order is not as in src/sdk/config.ts.");
  }
  return faults;
}

function entriesOf(schema: z.ZodObject): Entry[] {
  // The input side: what a person writes, before lists are split and numbers made.
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(properties).map(([name, property]) => {
    const { description, default: value, enum: choices = [] } = Object(property) as z.core.JSONSchema.Schema;
    return { name, description, default: value, choices };
  });
}

function paragraph({ name, description, default: value, choices }: Entry): string {
  const words = description === undefined ? [] : [`# ${description}`];
  // The choices are worth a line only where the description does not already name them.
  const unnamed = choices.some((choice) => !description?.includes(String(choice)));
  if (unnamed) words.push(`# One of: ${choices.join(", ")}`);
  return [...words, `#${name}=${value ?? ""}`, ""].join("\n");
}
