import { Button, Group, SimpleGrid, Stack, Textarea, Title } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { ApiError } from "../../../api/api-error.ts";
import { TryJobQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { JsonView } from "../../../ui/json-view.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { ErrorState } from "../../../ui/states.tsx";
import { useRest } from "../shared/rest.ts";
import type { EndpointLine } from "./endpoint-values.ts";

type Tried = {
  request?: { method: string; url: string; headers: unknown; body: string | null } | null;
  response?: { status: number; headers: unknown; body: string; durationMs: number } | null;
  result?: unknown;
  error?: { code: string; message: string } | null;
};

/** Calls an endpoint once: what was sent, what was answered and what a run would keep of it, side by side. */
export function TryPanel({ endpoint, close }: { endpoint: EndpointLine; close(): void }) {
  const [input, setInput] = useState("");
  const [jobId, setJobId] = useState<string>();
  const { mutateAsync, isPending, error } = useRest<{ jobId: string }>();
  const { data, refetch } = useQueryOf(
    TryJobQueryText,
    { id: jobId ?? "" },
    { enabled: jobId !== undefined, live: true },
  );
  const job = data?.job ?? undefined;
  const over = job !== undefined && ["succeeded", "failed", "cancelled"].includes(job.state);
  useInterval(
    () => {
      if (jobId !== undefined && !over) void refetch();
    },
    700,
    { autoInvoke: true },
  );
  const tried = Object(job?.result ?? undefined) as Tried;
  async function call(): Promise<void> {
    setJobId(undefined);
    const launched = await mutateAsync({
      method: "POST",
      path: `/endpoints/${endpoint.id}/try`,
      json: { input },
    }).catch(() => undefined);
    setJobId(launched?.jobId);
  }
  return (
    <Panel
      title={`Try ${endpoint.name}`}
      description="A worker calls it once."
      actions={
        <Button variant="default" onClick={close}>
          Close
        </Button>
      }
    >
      <Stack gap="sm">
        <Group align="flex-end" gap="xs">
          <Textarea
            label="One input"
            flex={1}
            autosize
            value={input}
            onChange={(event) => setInput(event.currentTarget.value)}
          />
          <Button loading={isPending || (jobId !== undefined && !over)} onClick={() => void call()}>
            Call it
          </Button>
        </Group>
        {error === null ? null : <ErrorState error={error} />}
        {typeof job?.errorCode === "string" ? (
          <ErrorState error={new ApiError(job.errorCode, job.errorMessage ?? "")} />
        ) : null}
        {tried.error === null || tried.error === undefined ? null : (
          <ErrorState error={new ApiError(tried.error.code, tried.error.message)} />
        )}
        {over ? (
          <SimpleGrid cols={{ base: 1, md: 3 }}>
            <Shown label="Request" value={readable(tried.request)} />
            <Shown label="Response" value={readable(tried.response)} />
            <Shown label="What a run keeps" value={tried.result ?? null} />
          </SimpleGrid>
        ) : null}
      </Stack>
    </Panel>
  );
}

function Shown({ label, value }: { label: string; value: unknown }) {
  return (
    <section>
      <Title order={3} size="h6" c="dimmed" mb={4}>
        {label}
      </Title>
      <JsonView label={label} value={value} />
    </section>
  );
}

/** A body that is JSON, as JSON. */
function readable(part: { body: string | null } | null | undefined): unknown {
  if (part === null || part === undefined) return null;
  try {
    return { ...part, body: JSON.parse(part.body ?? "null") as unknown };
  } catch {
    return part;
  }
}
