import jsonata from "jsonata";
import { boundedJson, maxOutputLength } from "./bounded-json.ts";

/**
 * A response path is JSONata kept to finding things. It runs on answers that strangers send, in a process shared by
 * all organizations, so everything that could multiply a value is left out: functions of one's own, assignment,
 * ranges, `&`, constructors, regular expressions, functions that make texts or copies. `$join` is ours and bounded,
 * and a list written out (`[a, b]`) may stand nowhere but in it.
 */
const nodes = new Set(
  "path name string number value variable binary unary function condition filter sort wildcard descendant block".split(
    " ",
  ),
);
const binaryOperators = new Set("= != < > <= >= and or in + - * / %".split(" "));
const functions = new Set(
  (
    "join count exists boolean not number type sum max min average round floor ceil abs " +
    "length contains keys lookup reverse"
  ).split(" "),
);
const notInAPath = ["index", "focus", "group"] as const;

/** Bounds of one evaluation: time in milliseconds, depth of its calls, length of an intermediate list. */
const limits = { timeout: 1_000, stack: 200, sequence: 10_000 };

/**
 * Compiles a response path.
 * @throws Error saying what is wrong or not supported
 */
export function compilePath(path: string): jsonata.Expression {
  if (path.length > 500) throw new Error("a response path has at most 500 characters");
  const expression = jsonata(path, limits);
  refuseUnsupported(expression.ast(), new Set());
  expression.registerFunction("join", boundedJoin(), "<x-s?:s>");
  return expression;
}

function refuseUnsupported(part: unknown, seen: Set<unknown>, mayBeList = false): void {
  // `a ?? b` puts one object into two places of the tree; looking again at each would double the work every time.
  if (typeof part !== "object" || part === null || seen.has(part)) return;
  seen.add(part);
  if (Array.isArray(part)) {
    for (const item of part) refuseUnsupported(item, seen, mayBeList);
    return;
  }
  const node = Object.fromEntries(Object.entries(part));
  if (typeof node.type === "string") refuseNode(node, node.type, mayBeList);
  for (const [key, value] of Object.entries(node)) {
    refuseUnsupported(value, seen, key === "arguments" && calls(node, "join"));
  }
}

function refuseNode(node: Record<string, unknown>, type: string, mayBeList: boolean): void {
  const operator = String(node.value);
  if (!nodes.has(type)) throw unsupported(type === "bind" || type === "apply" ? operator : type);
  if (type === "binary" && !binaryOperators.has(operator)) throw unsupported(operator);
  if (type === "unary" && operator !== "-" && !(operator === "[" && mayBeList)) throw unsupported(operator);
  if (type === "variable" && !["", "$"].includes(operator) && !functions.has(operator)) {
    throw unsupported(`$${operator}`);
  }
  for (const key of notInAPath) if (node[key] !== undefined) throw unsupported(key);
}

function calls(node: Record<string, unknown>, name: string): boolean {
  const { procedure } = node;
  return (
    typeof procedure === "object" && procedure !== null && "value" in procedure && procedure.value === name
  );
}

function unsupported(what: string): Error {
  const joinHint = what === "&" ? "; use $join([a, b])" : "";
  return new Error(`"${what}" is not supported in a response path${joinHint}`);
}

/**
 * `$join(values, separator)`: as JSONata's, but what is no text is joined as JSON, and all calls of one evaluation
 * share a budget.
 */
function boundedJoin(): (values: unknown, separator?: string) => string | undefined {
  let left = maxOutputLength;
  return (values, separator = "") => {
    if (values === undefined) return undefined;
    const parts: string[] = [];
    for (const value of Array.isArray(values) ? values : [values]) {
      const part = typeof value === "string" ? value : boundedJson(value, left);
      left -= part.length + separator.length;
      if (left < 0) throw new Error(`$join makes more than ${maxOutputLength} characters`);
      parts.push(part);
    }
    return parts.join(separator);
  };
}
