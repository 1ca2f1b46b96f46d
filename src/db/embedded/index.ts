export { isAlive } from "./postmaster.ts";
export { type Embedded, type EmbeddedOptions, startEmbedded } from "./start.ts";
