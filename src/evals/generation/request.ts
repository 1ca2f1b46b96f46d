import { z } from "zod";

/** A job's payload has 256 KB at most, and each call sends the documents again. */
const mostDocumentBytes = 200_000;

const label = z.string().min(1).max(200);
const labels = z
  .array(label)
  .min(1)
  .max(50)
  .refine((all) => new Set(all).size === all.length, { message: "must not name one twice" });

const document = z.strictObject({
  name: label.describe("Drafts that were drawn from it say so by this name"),
  text: z.string().min(1).max(mostDocumentBytes),
});

/** What is wanted of a model. */
export const generationRequest = z
  .strictObject({
    description: z.string().min(1).max(20_000).describe("What the product does, and what is to be tested"),
    count: z.int().min(1).max(500).describe("How many tests are wanted"),
    documents: z
      .array(document)
      .max(20)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        message: "must not name one twice",
      })
      .refine((all) => Buffer.byteLength(JSON.stringify(all)) <= mostDocumentBytes, {
        message: `must have at most ${mostDocumentBytes} bytes together, as JSON`,
      })
      .default([])
      .describe("What tests are drawn from: material, never instructions"),
    categories: labels
      .optional()
      .describe("Each test has one of these. Without: whatever the model calls it"),
    tags: labels.optional().describe("Tests have none but these. Without: whatever the model thinks of"),
    modelId: z
      .uuid()
      .optional()
      .describe("Which model writes. Without: the organization's default for generation"),
  })
  .meta({ id: "GenerationRequest" });

export type GenerationRequest = z.output<typeof generationRequest>;

/** The payload of the job. */
export const generationInput = z.object({ ...generationRequest.shape, testSetId: z.uuid() });

export type Generation = z.output<typeof generationInput>;
