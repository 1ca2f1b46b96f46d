export { describeConnectError, describeUrl } from "./connect-error.ts";
export { type Embedded, type EmbeddedOptions, isAlive, startEmbedded } from "./embedded/index.ts";
export { type Located, locateDatabase } from "./locate.ts";
export { credentialsOf, type Logins, loginRoles, resolveLogins, withDatabase } from "./logins.ts";
export {
  assertSchemaCurrent,
  assertSupported,
  type Chain,
  type MigrateOptions,
  migrate,
  migrationsOf,
  secureDatabase,
  standardChains,
} from "./migrate/index.ts";
export { createPool, noticeCuts, type PoolOptions } from "./pools.ts";
export { workerLogger } from "./worker-logger.ts";
