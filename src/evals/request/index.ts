/** How an endpoint is asked, and how the output is taken from its answer. */
export { boundedJson, maxOutputLength } from "./bounded-json.ts";
export { checkEndpoint } from "./check-endpoint.ts";
export { type Endpoint, endpointSchema, requestVariables } from "./endpoint.ts";
export { mapResponse, parseAnswer } from "./map-response.ts";
export { checkPrompt, type PromptTemplate, promptTemplate, renderPrompt } from "./prompt.ts";
export { type RenderedRequest, renderRequest } from "./render-request.ts";
export { compilePath } from "./response-path.ts";
