import { HasTestRunsQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";

/**
 * Whether the API has the application of test runs. Without it (`ROWLOCK_EVALS=off`) its schema knows no test sets and
 * refuses the very question; shown only when it is answered, so that nothing flickers where there is none.
 */
export function useHasEvals(): boolean {
  return useQueryOf(HasTestRunsQueryText, {}).data !== undefined;
}
