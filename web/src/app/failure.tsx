import { Button, Code, Stack, Text } from "@mantine/core";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { PageHeader } from "../ui/page-header.tsx";

/** What is shown when a page itself breaks, or its file is gone because the dashboard was updated meanwhile. */
export function Failure() {
  const error = useRouteError();
  return (
    <Stack maw={640} p="md">
      <PageHeader title="This page broke" />
      <Text>
        It is a fault of the dashboard, not of your jobs. Load the page again; if it stays, report the text
        below with what you did.
      </Text>
      <Code block>{messageOf(error)}</Code>
      <Button onClick={() => location.reload()} w="fit-content">
        Load the page again
      </Button>
    </Stack>
  );
}

function messageOf(error: unknown): string {
  if (isRouteErrorResponse(error)) return `${error.status} ${error.statusText}`;
  return error instanceof Error ? error.message : String(error);
}
