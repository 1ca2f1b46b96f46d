import type { ViewerQuery } from "../api/graphql.generated.ts";
import { ViewerQueryText } from "../api/graphql.generated.ts";
import { useQueryOf } from "../api/hooks.ts";

export type Viewer = NonNullable<ViewerQuery["viewer"]>;

/** Who looks: organization, user and role; undefined until the API has said so. */
export function useViewer(): Viewer | undefined {
  return useQueryOf(ViewerQueryText, {}).data?.viewer ?? undefined;
}

/** Whether the viewer may do what administrators may; false until it is known. */
export function useIsAdmin(): boolean {
  const role = useViewer()?.role;
  return role === "owner" || role === "admin";
}

/** Whether the viewer may launch, cancel and retry jobs; false until it is known. */
export function useMayWrite(): boolean {
  const role = useViewer()?.role;
  return role !== undefined && role !== "viewer";
}

/** The organization by its name, or by its id where an application keeps the names elsewhere. */
export function organizationOf(viewer: Viewer | undefined): string {
  return viewer === undefined ? "…" : (viewer.organizationName ?? viewer.organizationId);
}
