/** How an endpoint is asked, and how the output is taken from its answer. */
export { type Auth, type AuthInput, authInput, carriesSecret, withoutSecret } from "./auth.ts";
export { boundedJson, maxOutputLength } from "./bounded-json.ts";
export { checkEndpoint } from "./check-endpoint.ts";
export { type Endpoint, type EndpointSettings, endpointSchema, endpointSettings } from "./endpoint.ts";
export { type MappedAnswer, mapAnswer, mapResponse, parseAnswer } from "./map-response.ts";
export { checkPrompt, type PromptTemplate, promptTemplate, renderMessages, renderPrompt } from "./prompt.ts";
export { type RenderedRequest, renderRequest } from "./render-request.ts";
export { compilePath } from "./response-path.ts";
export { storable, storableJson } from "./storable.ts";
export { requestVariables, requestVariablesOf, type Said } from "./variables.ts";
