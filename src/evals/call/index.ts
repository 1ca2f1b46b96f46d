/** One call of an endpoint under test: who it says it is, what is sent, what the answer means. */
export { callEndpoint, StaleToken } from "./call-endpoint.ts";
export { type Credentials, openCredentials } from "./credentials.ts";
export { authPurpose, headerPurpose } from "./secret-places.ts";
