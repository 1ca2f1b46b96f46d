export { type Chain, migrationsOf, standardChains } from "./chains.ts";
export { type MigrateOptions, migrate } from "./migrate.ts";
export { secureDatabase } from "./schemas.ts";
export { assertSupported } from "./session.ts";
export { assertSchemaCurrent } from "./state.ts";
