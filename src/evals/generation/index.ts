/** Tests written by a model from a description and documents, as drafts that a person decides on. */
export { generated, generateTests } from "./generate-tests.ts";
export { type GenerationRequest, generationInput, generationRequest } from "./request.ts";
