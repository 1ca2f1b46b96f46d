/** The only way to call a URL that a tenant wrote. */
export { mayReach, parseAllowList } from "./addresses.ts";
export { closeAgents } from "./agents.ts";
export { FetchError, type FetchFailure } from "./fetch-error.ts";
export { withGuardedFetch } from "./guarded-fetch.ts";
export { headerProblem } from "./headers.ts";
export { type Method, type SafeFetchAnswer, type SafeFetchOptions, safeFetch } from "./safe-fetch.ts";
export { readTarget } from "./target.ts";
