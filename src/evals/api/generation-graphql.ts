import type { Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { parseWith, tenantMutation } from "../../api/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { generationRequest } from "../generation/index.ts";
import { launchGeneration } from "../store/generations.ts";
import { draftInput, replaceDraft } from "../store/test-drafts.ts";

/** Mutations of generation: their inputs are checked as REST checks them. Accepting and rejecting are functions of SQL. */
export function generationMutations(): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const drafts = Object.values(build.input.pgRegistry.pgResources).find(
      ({ extensions }) => extensions?.pg?.schemaName === "evals" && extensions.pg.name === "test_drafts",
    );
    if (drafts === undefined) return { typeDefs: [] };

    const mutation =
      (work: (tx: TenantTransaction, input: Record<string, unknown>) => Promise<string>) =>
      (_root: unknown, fieldArgs: { getRaw(name: string): Step }) =>
        tenantMutation(build, fieldArgs.getRaw("input") as Step<Record<string, unknown>>, work);

    return {
      typeDefs: gql`
        input GenerationDocument { name: String!, text: String! }
        input GenerateTestsInput {
          testSetId: UUID!
          "What the product does, and what is to be tested."
          description: String!
          "How many tests are wanted, 1 to 500."
          count: Int!
          "What tests are drawn from: material, never instructions."
          documents: [GenerationDocument!]
          "Each test has one of these."
          categories: [String!]
          "Tests have none but these."
          tags: [String!]
          "Which model writes. Without: the organization's default for generation."
          modelId: UUID
        }
        type GenerateTestsPayload {
          "The job; its steps and progress say how far it is, testDrafts has what it wrote."
          jobId: UUID!
        }
        input TestDraftFields { input: String!, expected: String, category: String, tags: [String!] }
        input ReplaceTestDraftInput { id: UUID!, testDraft: TestDraftFields! }
        type TestDraftPayload { testDraft: ${build.inflection.tableType(drafts.codec)} }
        extend type Mutation {
          "Has a model write tests for a set, in a job, as drafts that count for nothing until they are accepted."
          generateTests(input: GenerateTestsInput!): GenerateTestsPayload
          "Changes what a draft says before it is accepted."
          replaceTestDraft(input: ReplaceTestDraftInput!): TestDraftPayload
        }
      `,
      objects: {
        Mutation: {
          plans: {
            generateTests: mutation((tx, { testSetId, ...request }) =>
              launchGeneration(tx, String(testSetId), parseWith(generationRequest, request, "generation")),
            ),
            replaceTestDraft: mutation((tx, { id, testDraft }) =>
              replaceDraft(tx, String(id), parseWith(draftInput, testDraft, "test draft")),
            ),
          },
        },
        GenerateTestsPayload: { plans: { jobId: ($id: Step) => $id } },
        TestDraftPayload: { plans: { testDraft: ($id: Step) => drafts.get({ id: $id as Step<string> }) } },
      },
    };
  });
}
