import { Anchor } from "@mantine/core";
import { useNavigate } from "react-router";
import { ResultOfTestQueryText } from "../../../api/graphql.generated.ts";
import { send } from "../../../api/hooks.ts";
import { tellRefusal } from "../shared/notify.ts";
import { RunState } from "../shared/run-state.tsx";

/** The state of a test in one of the runs; leads to its result there. A test that is missing in it leads nowhere. */
export function ResultLink(props: { runId: string; testId: string; state: string; label: string }) {
  const { runId, testId, state, label } = props;
  const navigate = useNavigate();
  if (state === "missing") return state;
  async function open(): Promise<void> {
    try {
      const { testResults } = await send(ResultOfTestQueryText, { run: runId, test: testId });
      const result = testResults?.nodes[0]?.id;
      await navigate(`/test-runs/${runId}${result === undefined ? "" : `?result=${result}`}`);
    } catch (error) {
      tellRefusal("Not opened", error);
    }
  }
  return (
    <Anchor component="button" type="button" onClick={() => void open()} aria-label={`${label}: ${state}`}>
      <RunState state={state} />
    </Anchor>
  );
}
