import { useForm } from "@mantine/form";
import { useState } from "react";
import { type ApiError, toApiError } from "../../api/api-error.ts";
import { LaunchJobMutationText } from "../../api/graphql.generated.ts";
import { useMutationOf } from "../../api/hooks.ts";

export type LaunchValues = { task: string; payload: string; key: string; priority: number; tags: string[] };

export const nothing: LaunchValues = { task: "", payload: "{}", key: "", priority: 0, tags: [] };

/** The form of a launch. @param launched is called with the job's id */
export function useLaunch(initial: LaunchValues, launched: (id: string) => void) {
  const { mutateAsync, isPending: busy } = useMutationOf(LaunchJobMutationText);
  const [error, setError] = useState<ApiError>();
  const form = useForm<LaunchValues>({
    initialValues: initial,
    validate: {
      task: (task) => (task === "" ? "Choose a task." : null),
      payload: (payload) => (isJson(payload) ? null : "This is not JSON: look for a missing quote or comma."),
    },
  });

  async function launch({ task, payload, key, priority, tags }: LaunchValues): Promise<void> {
    setError(undefined);
    const input = {
      task,
      payload: JSON.parse(payload) as unknown,
      priority,
      tags,
      ...(key === "" ? {} : { key }),
    };
    try {
      const id = (await mutateAsync({ input })).launchJob?.job?.id;
      if (id !== undefined) launched(id);
    } catch (refused) {
      const told = toApiError(refused);
      if (told.code === "INVALID_PAYLOAD") form.setFieldError("payload", describe(told));
      else setError(told);
    }
  }

  return { form, busy, error, launch };
}

function describe({ message, issues }: ApiError): string {
  if (issues.length === 0) return message;
  return issues.map((issue) => `${issue.path === "" ? "/" : issue.path} ${issue.message}`).join("; ");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
