import { type ParserPlugin, parse } from "@babel/parser";
import { type Node, traverseFast } from "@babel/types";

/** One place where a file names another module. `line` counts from 1. */
export type Import = { specifier: string; line: number; typeOnly: boolean };

/**
 * Every module that a TypeScript file names: `import`, `export … from`, `import("…")` as a value and as a type.
 * Type-only imports count: they vanish at run time, but the reader still has to follow them.
 * A dynamic import of a computed path (how task files are loaded) names nothing and is left out.
 *
 * Babel's parser is used because TypeScript 7 has no stable JavaScript interface, and tools built on the older one
 * see no module at all and report success.
 * @throws Error when the file does not parse; a file that cannot be read must not pass as one without imports
 */
export function importsOf(path: string, source: string): Import[] {
  const found: Import[] = [];
  traverseFast(parseModule(path, source), (node) => {
    const named = namedModule(node);
    if (named === undefined) return;
    found.push({ specifier: named.specifier, typeOnly: named.typeOnly, line: node.loc?.start.line ?? 1 });
  });
  return found;
}

function parseModule(path: string, source: string): Node {
  // In a .ts file `<T>x` is a type assertion, in a .tsx file it is markup.
  const plugins: ParserPlugin[] = /\.[jt]sx$/.test(path) ? ["typescript", "jsx"] : ["typescript"];
  try {
    return parse(source, { sourceType: "module", plugins });
  } catch (cause) {
    throw new Error(`${path} does not parse: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function namedModule(node: Node): { specifier: string; typeOnly: boolean } | undefined {
  switch (node.type) {
    case "ImportDeclaration": {
      const { specifiers } = node;
      const inner =
        specifiers.length > 0 &&
        specifiers.every((item) => item.type === "ImportSpecifier" && item.importKind === "type");
      return { specifier: node.source.value, typeOnly: node.importKind === "type" || inner };
    }
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      if (node.source === null || node.source === undefined) return undefined;
      return { specifier: node.source.value, typeOnly: node.exportKind === "type" };
    case "ImportExpression":
      return literal(node.source);
    case "TSImportType":
      return { specifier: node.source.value, typeOnly: true };
    default:
      return undefined;
  }
}

function literal(node: Node): { specifier: string; typeOnly: boolean } | undefined {
  if (node.type === "StringLiteral") return { specifier: node.value, typeOnly: false };
  // A template without holes is as fixed as a string.
  const text =
    node.type === "TemplateLiteral" && node.quasis.length === 1 ? node.quasis[0]?.value.cooked : null;
  return typeof text === "string" ? { specifier: text, typeOnly: false } : undefined;
}
