import "./graphile-env.ts";
import type { Pool } from "pg";
import { makeSchema } from "postgraphile";
import { lexicographicSortSchema, printSchema } from "postgraphile/graphql";
import type { Settings } from "../../sdk/index.ts";
import { operatorPreset } from "../ops/preset.ts";
import { existingSchemas } from "./existing-schemas.ts";
import { rowlockPreset } from "./preset.ts";

/**
 * The GraphQL schema of a database as text, the same for the same migrations: for the dump whose changes are reviewed.
 * @param pool of the login rowlock_api
 */
export async function printGraphqlSchema({
  pool,
  settings,
  extensions = [],
}: {
  pool: Pool;
  settings: Settings;
  /** Presets of applications, as `ApiExtension.graphql`. */
  extensions?: readonly GraphileConfig.Preset[];
}): Promise<string> {
  const schemas = await existingSchemas(pool, settings.GRAPHQL_SCHEMAS);
  const preset = rowlockPreset({
    pool,
    schemas,
    statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
    member: () => undefined,
    limits: settings,
  });
  return await print([preset, ...extensions]);
}

/**
 * As `printGraphqlSchema`, of the operators' door.
 * @param pool of the login rowlock_ops
 */
export async function printOperatorsSchema({
  pool,
  settings,
}: {
  pool: Pool;
  settings: Settings;
}): Promise<string> {
  const statementTimeoutMs = settings.API_STATEMENT_TIMEOUT_MS;
  return await print([
    operatorPreset({ pool, watched: {}, limits: settings, statementTimeoutMs, operator: () => undefined }),
  ]);
}

async function print(presets: readonly GraphileConfig.Preset[]): Promise<string> {
  const { schema } = await makeSchema({ extends: [...presets] });
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
