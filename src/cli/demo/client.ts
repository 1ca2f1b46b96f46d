import { z } from "zod";

const graphqlAnswer = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Speaks to the API over HTTP as a user's program would: nothing of the demo reaches behind it. */
export function apiClient(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };

  async function graphql<Schema extends z.ZodType>(
    schema: Schema,
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<z.output<Schema>> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = graphqlAnswer.parse(await response.json());
    const [error] = errors ?? [];
    if (error !== undefined) throw new Error(`GraphQL: ${error.message}`);
    return schema.parse(data);
  }

  async function post(path: string, type: string, body: string): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body,
    });
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    return await response.json();
  }

  return { graphql, post, get: (path: string) => fetch(`${url}${path}`, { headers }) };
}

export type ApiClient = ReturnType<typeof apiClient>;
