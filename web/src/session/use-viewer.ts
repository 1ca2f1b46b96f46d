import { ViewerQueryText } from "../api/graphql.generated.ts";
import { useQueryOf } from "../api/hooks.ts";

export type Viewer = { organization: string };

/** Who looks; undefined until the API has said so. */
export function useViewer(): Viewer | undefined {
  const { data } = useQueryOf(ViewerQueryText, {});
  const organization = data?.organizations?.nodes[0];
  return organization === undefined || organization === null
    ? undefined
    : { organization: organization.name };
}
