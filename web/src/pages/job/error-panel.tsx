import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { Link } from "react-router";
import { adviceFor } from "../../api/advice.ts";
import type { Job } from "./types.ts";

/** Why the job failed, and what to do about it. */
export function ErrorPanel({ job }: { job: Job }) {
  const { state, errorCode, errorMessage, errorFingerprint } = job;
  const advice = errorCode === null ? undefined : adviceFor(errorCode);
  return (
    <section aria-label="Why">
      <Alert
        color={state === "failed" ? "red" : "yellow"}
        icon={<ExclamationTriangleIcon />}
        title={state === "failed" ? `Failed: ${errorCode}` : `${errorCode}`}
        role="none"
      >
        <Stack gap={6} align="flex-start">
          <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{errorMessage}</Text>
          {advice === undefined ? null : <Text size="sm">{advice}</Text>}
          {errorFingerprint === null ? null : (
            <Anchor
              component={Link}
              to={`/jobs?state=failed&error=${encodeURIComponent(errorFingerprint)}`}
              size="sm"
              c="inherit"
              underline="always"
            >
              Jobs that failed alike
            </Anchor>
          )}
        </Stack>
      </Alert>
    </section>
  );
}
