/** One call of an endpoint with an input of somebody's own, shown as it went. */
export { type Tried, tried } from "./tried.ts";
export { tryEndpoint, tryInput } from "./try-endpoint.ts";
