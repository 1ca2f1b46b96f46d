// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly organizationId: string, readonly organizationName: string | null, readonly userId: string | null, readonly email: string | null, readonly name: string | null, readonly role: string, readonly apiKeyId: string | null } | null };

export const ViewerQueryText = `query Viewer {
  viewer {
    organizationId
    organizationName
    userId
    email
    name
    role
    apiKeyId
  }
}` as Operation<ViewerQuery, ViewerQueryVariables>;
