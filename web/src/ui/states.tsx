import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { adviceFor } from "../api/advice.ts";
import { toApiError } from "../api/api-error.ts";

/** Nothing is there: says why that may be, and what to do. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Stack align="center" gap={6} py="xl" px="md" ta="center">
      <Text fw={600}>{title}</Text>
      <Text component="div" c="dimmed" size="sm" maw={460}>
        {children}
      </Text>
      {action}
    </Stack>
  );
}

export function LoadingState({ what }: { what: string }) {
  return (
    <Group justify="center" py="xl" gap="xs" role="status">
      <Loader size="xs" />
      <Text size="sm" c="dimmed">
        Reading {what} …
      </Text>
    </Group>
  );
}

/** What the API refused, with its code and what to do about it. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const { code, message, issues } = toApiError(error);
  const advice = adviceFor(code);
  return (
    <Alert color="red" icon={<ExclamationTriangleIcon />} title={code} m="sm" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{message}</Text>
        {issues.map((issue) => (
          <Text key={`${issue.path} ${issue.message}`} size="sm">
            <code>{issue.path === "" ? "/" : issue.path}</code> {issue.message}
          </Text>
        ))}
        {advice === undefined ? null : <Text size="sm">{advice}</Text>}
        {retry === undefined ? null : (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
