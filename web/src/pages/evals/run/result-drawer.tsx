import { Drawer } from "@mantine/core";
import { RunResultQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { ErrorState, LoadingState } from "../../../ui/states.tsx";
import { ResultDetail } from "./result-detail.tsx";

/** One result beside the table of all. */
export function ResultDrawer({ id, close }: { id: string | undefined; close(): void }) {
  const { data, error } = useQueryOf(
    RunResultQueryText,
    { id: id ?? "" },
    { enabled: id !== undefined, live: 1_000 },
  );
  const result = data?.testResult ?? undefined;
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title={result === undefined ? "Result" : `Test ${result.position + 1}`}
      closeButtonProps={{ "aria-label": "Close the result" }}
    >
      {error === null ? null : <ErrorState error={error} />}
      {result === undefined && error === null ? <LoadingState what="the result" /> : null}
      {result === undefined ? null : <ResultDetail result={result} />}
    </Drawer>
  );
}
