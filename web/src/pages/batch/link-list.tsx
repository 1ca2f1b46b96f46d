import { Anchor, List, Text } from "@mantine/core";
import { Link } from "react-router";
import { shortId } from "../../lib/text.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Graph } from "./links.ts";

/** The graph in words: each job, and what it waits for. */
export function LinkList({ graph }: { graph: Graph }) {
  const names = new Map(graph.jobs.map(({ id, task }) => [id, `${task} ${shortId(id)}`]));
  return (
    <List size="sm" spacing={4} listStyleType="none" aria-label="Jobs and what they wait for">
      {graph.jobs.map(({ id, state }) => {
        const before = graph.links.filter(({ jobId }) => jobId === id);
        return (
          <List.Item key={id}>
            <Anchor component={Link} to={`/jobs/${id}`} size="sm">
              {names.get(id)}
            </Anchor>{" "}
            <StateBadge state={state} />
            <Text span size="sm" c="dimmed">
              {before.length === 0
                ? " waits for none"
                : ` after ${before.map(({ dependsOn }) => names.get(dependsOn)).join(", ")}`}
            </Text>
          </List.Item>
        );
      })}
    </List>
  );
}
