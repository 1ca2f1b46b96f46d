/** A payload to begin with: what a JSON Schema requires, with its defaults, or empty values of the right kinds. */
export function exampleOf(schema: unknown): unknown {
  const { type, properties, required, default: standard, enum: choices, minimum } = fields(schema);
  if (standard !== undefined) return standard;
  if (Array.isArray(choices)) return choices[0];
  if (type === "string") return "";
  if (type === "number" || type === "integer") return typeof minimum === "number" ? Math.max(0, minimum) : 0;
  if (type === "boolean") return false;
  if (type === "array") return [];
  const names = Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
  return Object.fromEntries(names.map((name) => [name, exampleOf(fields(properties)[name])]));
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
