import {
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import { LaunchableTasksQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/states.tsx";
import { exampleOf } from "./example.ts";
import { type LaunchValues, useLaunch } from "./use-launch.ts";

/** Launches a job: of any task, or again what one was launched with. What the API refuses stands at its field. */
export function LaunchDialog(props: {
  opened: boolean;
  close(): void;
  title: string;
  initial: LaunchValues;
}) {
  const { opened, close, title } = props;
  return (
    <Dialog opened={opened} onClose={close} title={title} size="lg">
      <LaunchForm {...props} />
    </Dialog>
  );
}

function LaunchForm({ close, initial }: { close(): void; initial: LaunchValues }) {
  const { data } = useQueryOf(LaunchableTasksQueryText, {});
  const navigate = useNavigate();
  const { form, busy, error, launch } = useLaunch(initial, (id) => {
    notifications.show({ message: "The job is launched." });
    close();
    void navigate(`/jobs/${id}`);
  });
  const tasks = nodesOf(data?.tasks);
  const task = tasks.find(({ name }) => name === form.values.task);

  function choose(name: string | null): void {
    form.setFieldValue("task", name ?? "");
    const schema = tasks.find((one) => one.name === name)?.inputSchema;
    if (!form.isDirty("payload")) form.setFieldValue("payload", JSON.stringify(exampleOf(schema), null, 2));
  }

  return (
    <form onSubmit={form.onSubmit((values) => void launch(values))} noValidate>
      <Stack gap="sm">
        <Select
          label="Task"
          description={task?.description}
          data={tasks.map(({ name }) => name)}
          searchable
          required
          data-autofocus
          {...form.getInputProps("task")}
          onChange={choose}
        />
        <Textarea
          label="Payload"
          description="JSON that fits the task's input schema"
          autosize
          minRows={6}
          maxRows={20}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          {...form.getInputProps("payload")}
        />
        <Group grow align="flex-start">
          <TextInput
            label="Key"
            description="Of one task, one unfinished job has it"
            {...form.getInputProps("key")}
          />
          <NumberInput
            label="Priority"
            description="-100 to 100; lower runs first"
            min={-100}
            max={100}
            {...form.getInputProps("priority")}
          />
        </Group>
        <TagsInput
          label="Tags"
          description="Words to find the job by; Enter after each"
          size="xs"
          {...form.getInputProps("tags")}
        />
        {error === undefined ? null : <ErrorState error={error} />}
        <Group justify="flex-end" gap="xs">
          <Text size="sm" c="dimmed" mr="auto">
            {task === undefined ? "" : `For the role ${task.launchRole} and above`}
          </Text>
          <Button variant="default" onClick={close}>
            Close
          </Button>
          <Button type="submit" loading={busy}>
            Launch
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
