import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import {
  buildSchema,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  printSchema,
  visit,
} from "graphql";

/** Operations of one program in `.graphql` files, and the module that is made of them. */
export type GraphqlTarget = {
  /** The dumped schema they are checked against. */
  schema: string;
  /** Globs of their files. */
  documents: string;
  /** The module. */
  output: string;
};

export const graphqlTargets: readonly GraphqlTarget[] = [
  {
    schema: "schema.graphql",
    documents: "src/client/**/*.graphql",
    output: "src/client/graphql.generated.ts",
  },
  {
    schema: "schema.graphql",
    documents: "web/src/!(operators)/**/*.graphql",
    output: "web/src/api/graphql.generated.ts",
  },
  {
    schema: "operators.graphql",
    documents: "web/src/operators/**/*.graphql",
    output: "web/src/operators/graphql.generated.ts",
  },
];

/** How scalars look in JSON; `BigInt` is a text there, since JavaScript's numbers are too small for it. */
const scalars = {
  BigFloat: "string",
  BigInt: "string",
  Cursor: "string",
  Datetime: "string",
  JSON: "unknown",
  UUID: "string",
};

/**
 * The types of each operation's variables and result, and its text with them attached.
 * @returns undefined when the target has no documents
 */
export async function writeGraphqlTypes(
  root: string,
  target: GraphqlTarget,
): Promise<{ text: string; operations: number } | undefined> {
  const files = globSync(target.documents, { cwd: root }).toSorted();
  if (files.length === 0) return undefined;
  const documents = files.map((location) => ({
    location,
    document: parse(readFileSync(join(root, location), "utf8")),
  }));
  const schema = buildSchema(readFileSync(join(root, target.schema), "utf8"));
  const types = await codegen({
    schema: parse(printSchema(schema)),
    schemaAst: schema,
    documents,
    filename: target.output,
    config: { scalars, strictScalars: true, immutableTypes: true, useTypeImports: true, skipTypename: true },
    plugins: [{ operations: {} }],
    pluginMap: { operations },
  });
  const definitions = documents.flatMap(({ document }) => document.definitions);
  const texts = definitions.filter(isOperation).map((operation) => textOf(operation, definitions));
  return {
    text: `${head}${types.trim()}\n\n${texts.join("\n")}`,
    operations: texts.length,
  };
}

const head = `// Made by \`npm run graphql-types\` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

`;

function textOf(operation: OperationDefinitionNode, definitions: readonly DefinitionNode[]): string {
  const name = operation.name?.value;
  if (name === undefined) throw new Error(`An operation has no name: ${print(operation)}`);
  const fragments = new Map(definitions.filter(isFragment).map((one) => [one.name.value, one]));
  const used = new Set<FragmentDefinitionNode>();
  const collect = (node: OperationDefinitionNode | FragmentDefinitionNode) => {
    visit(node, {
      FragmentSpread({ name: spread }) {
        const fragment = fragments.get(spread.value);
        if (fragment === undefined || used.has(fragment)) return;
        used.add(fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...used] };
  const kind = operation.operation.charAt(0).toUpperCase() + operation.operation.slice(1);
  const text = print(document).replaceAll("`", "\\`").replaceAll("${", "\\${");
  const type = `${name}${kind}`;
  return `export const ${type}Text = \`${text}\` as Operation<${type}, ${type}Variables>;\n`;
}

const isOperation = (one: DefinitionNode): one is OperationDefinitionNode =>
  one.kind === Kind.OPERATION_DEFINITION;
const isFragment = (one: DefinitionNode): one is FragmentDefinitionNode =>
  one.kind === Kind.FRAGMENT_DEFINITION;
