import { Group, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./page-header.module.css";

/** The page's one h1, its document title, a line below it, and its actions to the right. */
export function PageHeader(props: {
  title: string;
  /** Beside the title, such as a badge. */
  beside?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
}) {
  const { title, beside, description, actions } = props;
  useDocumentTitle(`${title} · Rowlock`);
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        <Group gap="sm">
          <Title order={1}>{title}</Title>
          {beside}
        </Group>
        {description === undefined ? null : (
          <Text component="div" c="dimmed" size="sm" mt={2}>
            {description}
          </Text>
        )}
      </div>
      {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
    </header>
  );
}
