import { HasTestRunsQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";

/**
 * Whether the API has the application of test runs: whether its schema has a type that the application alone brings.
 * Its tables may stay in the database without it (`ROWLOCK_EVALS=off`), so lists of them would say yes. Asked so, the
 * answer is no error in either case.
 */
export function useHasEvals(): boolean {
  const { data } = useQueryOf(HasTestRunsQueryText, {});
  return data?.__type !== undefined && data.__type !== null;
}
