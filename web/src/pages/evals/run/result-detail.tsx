import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { adviceFor } from "../../../api/advice.ts";
import type { RunResultQuery } from "../../../api/graphql.generated.ts";
import { present } from "../../../lib/nodes-of.ts";
import { counted, formatNumber } from "../../../lib/text.ts";
import { shortDuration } from "../../../lib/time.ts";
import { JsonView } from "../../../ui/json-view.tsx";
import { RunState } from "../shared/run-state.tsx";
import classes from "./result-detail.module.css";

type Result = NonNullable<RunResultQuery["testResult"]>;

/** What was asked and answered, and what each metric said of it and why. */
export function ResultDetail({ result }: { result: Result }) {
  const turns = present(result.turns.nodes);
  const evaluations = present(result.evaluations.nodes);
  return (
    <Stack gap="md">
      <Group gap="sm">
        <RunState state={result.state} />
        <Text size="sm" c="dimmed">
          {[
            result.repetition > 1 ? `repetition ${result.repetition}` : "",
            typeof result.durationMs === "number" ? shortDuration(result.durationMs) : "",
            counted(result.attempts, "call"),
            typeof result.inputTokens === "number"
              ? `${formatNumber(result.inputTokens)} + ${formatNumber(result.outputTokens ?? 0)} tokens`
              : "",
            result.category ?? "",
            result.tags.join(", "),
          ]
            .filter((part) => part !== "")
            .join(" · ")}
        </Text>
        <Anchor component={Link} to={`/jobs/${result.jobId}`} size="sm">
          Its job
        </Anchor>
      </Group>
      {typeof result.errorCode === "string" ? (
        <Part title={`Error: ${result.errorCode}`}>
          <Text size="sm">{result.errorMessage}</Text>
          <Text size="sm" c="dimmed">
            {adviceFor(result.errorCode)}
          </Text>
        </Part>
      ) : null}
      <Part title={result.kind === "multi_turn" ? "Goal" : "Input"}>
        <p className={classes.text}>{result.input}</p>
      </Part>
      {turns.length === 0 ? (
        <Part title="Output">
          <p className={classes.text}>{result.output ?? "None yet."}</p>
        </Part>
      ) : (
        <Part title="Transcript">
          <ol className={classes.turns}>
            {turns.map((turn) => (
              <li key={turn.position} data-role={turn.role}>
                <span className={classes.role}>
                  {turn.role === "user" ? "Simulated user" : "Endpoint"}
                  {typeof turn.durationMs === "number" ? ` · ${shortDuration(turn.durationMs)}` : ""}
                </span>
                <p className={classes.text}>{turn.content}</p>
              </li>
            ))}
          </ol>
          {result.conversationEnd === null ? null : (
            <JsonView value={result.conversationEnd} label="How the conversation ended" />
          )}
        </Part>
      )}
      {typeof result.expected === "string" ? (
        <Part title="Expected">
          <p className={classes.text}>{result.expected}</p>
        </Part>
      ) : null}
      <Part title="Metrics">
        {evaluations.length === 0 ? <Text size="sm">None has judged it.</Text> : null}
        <ul className={classes.verdicts}>
          {evaluations.map((one) => (
            <li key={one.metric}>
              <Group gap="xs">
                <RunState state={one.passed ? "passed" : "failed"} />
                <strong>{one.metric}</strong>
                <Text size="sm" c="dimmed">
                  {one.category ?? `score ${Math.round(one.score * 1_000) / 1_000}`}
                </Text>
              </Group>
              <Text size="sm">{one.reason}</Text>
            </li>
          ))}
        </ul>
      </Part>
      {result.context === null ? null : <JsonView value={result.context} label="Context" />}
      {result.toolCalls === null ? null : <JsonView value={result.toolCalls} label="Tool calls" />}
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} size="h6" c="dimmed" mb={4}>
        {title}
      </Title>
      {children}
    </section>
  );
}
