/** A parameter of a kind of metric, and how it is typed. */
export type Parameter = {
  name: string;
  label: string;
  type: "text" | "area" | "number" | "boolean" | "json" | "list" | "model";
  /** What a box is at first; texts and numbers that are left empty are left out. */
  initially?: boolean;
};

const caseSensitive: Parameter = {
  name: "caseSensitive",
  label: "Upper and lower case differ",
  type: "boolean",
};
const instead: Parameter = { name: "text", label: "Text instead of the expected output", type: "text" };
const model: Parameter = { name: "modelId", label: "Model that judges", type: "model" };
const instructions: Parameter = { name: "instructions", label: "Instructions to the judge", type: "area" };

/** The kinds of metric, when each passes, and its parameters, as docs/test-runs.md has them. */
export const kinds: Readonly<Record<string, { passes: string; parameters: readonly Parameter[] }>> = {
  exact: {
    passes: "Output and expected output are the same text.",
    parameters: [
      { name: "trim", label: "Without blanks around both", type: "boolean", initially: true },
      { ...caseSensitive, initially: true },
    ],
  },
  contains: { passes: "The output contains the text.", parameters: [instead, caseSensitive] },
  regex: {
    passes: "The pattern matches somewhere in the output.",
    parameters: [
      { name: "pattern", label: "Pattern, in RE2 syntax", type: "text" },
      { name: "flags", label: "Flags, of i, m, s", type: "text" },
    ],
  },
  number: {
    passes: "The output's number equals the expected one.",
    parameters: [
      { name: "after", label: "Marker before the number", type: "text" },
      { name: "tolerance", label: "Tolerance", type: "number" },
    ],
  },
  similarity: {
    passes: "The output is close to the expected one.",
    parameters: [{ name: "threshold", label: "Threshold, 0 to 1", type: "number" }, instead, caseSensitive],
  },
  json_schema: {
    passes: "The output is JSON that fits the schema.",
    parameters: [{ name: "schema", label: "JSON Schema 2020-12", type: "json" }],
  },
  json_value: {
    passes: "A path finds the wanted value in the output, read as JSON.",
    parameters: [
      { name: "path", label: "Path, in JSONata", type: "text" },
      { name: "equals", label: "Equals, any JSON, instead of the expected output", type: "json" },
    ],
  },
  latency: {
    passes: "The endpoint took no longer.",
    parameters: [{ name: "maxMs", label: "Longest, in ms", type: "number" }],
  },
  cost: {
    passes: "The answer cost no more.",
    parameters: [{ name: "max", label: "Most, in the currency of the prices", type: "number" }],
  },
  numeric: {
    passes: "A model's score reaches the threshold.",
    parameters: [
      instructions,
      { name: "min", label: "Least score", type: "number" },
      { name: "max", label: "Highest score", type: "number" },
      { name: "threshold", label: "Threshold", type: "number" },
      model,
    ],
  },
  categorical: {
    passes: "A model finds one of the categories that pass.",
    parameters: [
      instructions,
      { name: "categories", label: "Categories, two at least", type: "list" },
      { name: "passing", label: "Categories that pass", type: "list" },
      model,
    ],
  },
  goal: {
    passes: "A model finds the goal reached.",
    parameters: [{ name: "goal", label: "Goal", type: "area" }, model],
  },
};
