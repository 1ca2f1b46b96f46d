import { Context, Liquid, Output, type Template, toValueSync } from "liquidjs";

/**
 * Tags and filters a request needs. Left out: what includes files, what keeps state between outputs (assign,
 * increment: a loop could double a text until memory ends), and filters whose own regular expressions can hang.
 */
const tags = new Set(["if", "unless", "case", "for", "comment", "raw", "break", "continue", "echo"]);
const filters = new Set(
  (
    "json default size first last map where join split slice concat uniq compact reverse sort " +
    "upcase downcase capitalize strip lstrip rstrip append prepend replace replace_first remove remove_first truncate " +
    "plus minus times divided_by modulo round floor ceil abs at_least at_most " +
    "url_encode base64_encode escape"
  ).split(" "),
);

const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  lenientIf: true,
  ownPropertyOnly: true,
  templates: {},
  parseLimit: 20_000,
  renderLimit: 500,
  memoryLimit: 10_000_000,
});
for (const name of Object.keys(engine.tags)) if (!tags.has(name)) delete engine.tags[name];
for (const name of Object.keys(engine.filters)) if (!filters.has(name)) delete engine.filters[name];

// An input is a text. One that is JSON is sent as what it is by this: `{{ input | parse_json }}`.
engine.registerFilter("parse_json", (text: unknown) => {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error("parse_json: the text is no JSON");
  }
});

/** A text of a template, parsed. Throws an Error saying what is wrong with it. */
export function parseText(text: string): Template[] {
  return engine.parse(text);
}

/** Names of variables the text takes from outside. */
export function variablesOf(parsed: Template[]): string[] {
  return engine.globalVariablesSync(parsed);
}

/** Renders a text. One that is a single `{{ expression }}` gives the expression's value with its type. */
export function renderText(parsed: Template[], variables: Record<string, unknown>): unknown {
  const [only] = parsed;
  if (parsed.length !== 1 || !(only instanceof Output)) return engine.renderSync(parsed, variables);
  const value: unknown = toValueSync(
    only.value.value(new Context(variables, engine.options, { sync: true })),
  );
  return value ?? null;
}
