export { type Database, makeDatabase, type PoolName } from "./make.ts";
export { currentRun } from "./run.ts";
