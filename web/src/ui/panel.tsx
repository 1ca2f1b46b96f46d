import { Group, Paper, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

/** A framed part of a page under a heading of its own. */
export function Panel(props: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** Without inner space, for tables that go to the edge. */
  flush?: boolean;
  children: ReactNode;
}) {
  const { title, description, actions, flush = false, children } = props;
  const id = useId();
  return (
    <Paper component="section" withBorder aria-labelledby={id} className={classes.panel ?? ""}>
      <Group justify="space-between" gap="xs" className={classes.head ?? ""}>
        <div>
          <Title order={2} id={id}>
            {title}
          </Title>
          {description === undefined ? null : (
            <Text component="div" size="sm" c="dimmed">
              {description}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      <div className={flush ? undefined : classes.body}>{children}</div>
    </Paper>
  );
}
