import { useCallback, useMemo } from "react";
import { TestMembersQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";

/** Who someone is, by name or else e-mail address; a dash for whoever is no member any more. */
export function useMemberName(): (userId: string | null | undefined) => string {
  const { data } = useQueryOf(TestMembersQueryText, {});
  const names = useMemo(
    () => new Map(data?.memberships?.nodes.map((one) => [one?.userId, one?.user?.name || one?.user?.email])),
    [data],
  );
  return useCallback((userId) => names.get(userId ?? "") ?? "—", [names]);
}
