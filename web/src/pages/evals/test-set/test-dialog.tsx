import { Group, NumberInput, SegmentedControl, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { TestSetPageQuery } from "../../../api/graphql.generated.ts";
import { numberOr } from "../../../forms/number-or.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";

type Line = NonNullable<NonNullable<TestSetPageQuery["testSet"]>["testSetTests"]["nodes"][number]>;
export type EditedTest = NonNullable<Line["test"]>;

const fields = ["input", "goal", "instructions", "restrictions", "maxTurns", "expected", "category", "tags"];

/** Adds a test to a set, or replaces one; of a single turn or a conversation. */
export function TestDialog(props: {
  opened: boolean;
  close(): void;
  testSetId: string;
  test: EditedTest | undefined;
}) {
  const { opened, close, testSetId, test } = props;
  const [kind, setKind] = useState(test?.kind ?? "single_turn");
  const [maxTurns, setMaxTurns] = useState<string | number>(test?.maxTurns ?? 10);
  const [tags, setTags] = useState<string[]>([...(test?.tags ?? [])].flatMap((tag) => tag ?? []));
  const [texts, setTexts] = useState({
    input: test?.input ?? "",
    expected: test?.expected ?? "",
    category: test?.category ?? "",
    goal: test?.goal ?? "",
    instructions: test?.instructions ?? "",
    restrictions: test?.restrictions ?? "",
  });
  const { mutateAsync } = useRest();
  const talks = kind === "multi_turn";
  const bind = (name: keyof typeof texts) => ({
    value: texts[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setTexts((former) => ({ ...former, [name]: value }));
    },
  });

  function save(): Promise<unknown> {
    const common = { expected: texts.expected || null, category: texts.category || null, tags };
    const json = talks
      ? {
          kind,
          goal: texts.goal,
          instructions: texts.instructions,
          ...(texts.restrictions === "" ? {} : { restrictions: texts.restrictions }),
          maxTurns: numberOr(maxTurns, 10),
          ...(test?.simulatedUserModelId ? { simulatedUserModelId: test.simulatedUserModelId } : {}),
          ...common,
        }
      : { input: texts.input, ...common };
    return mutateAsync(
      test === undefined
        ? { method: "POST", path: `/test-sets/${testSetId}/tests`, json }
        : { method: "PUT", path: `/tests/${test.id}`, json },
    );
  }

  return (
    <FormDialog
      opened={opened}
      close={close}
      title={test === undefined ? "Add a test" : "Edit the test"}
      verb={test === undefined ? "Add" : "Save"}
      save={save}
      fields={fields}
    >
      {(errors) => (
        <>
          <SegmentedControl
            aria-label="Kind of test"
            value={kind}
            onChange={setKind}
            data={[
              { value: "single_turn", label: "Single turn" },
              { value: "multi_turn", label: "Conversation" },
            ]}
          />
          {talks ? (
            <>
              <Textarea
                label="Goal"
                description="What the conversation is to reach."
                autosize
                {...bind("goal")}
                error={errors.goal}
              />
              <Textarea
                label="Instructions"
                description="Who the simulated user is, what it wants, how it begins."
                autosize
                minRows={3}
                {...bind("instructions")}
                error={errors.instructions}
              />
              <Textarea
                label="Restrictions"
                description="What neither the product nor the user may do."
                autosize
                {...bind("restrictions")}
                error={errors.restrictions}
              />
              <NumberInput
                label="Turns at most"
                value={maxTurns}
                onChange={setMaxTurns}
                error={errors.maxTurns}
              />
            </>
          ) : (
            <Textarea label="Input" autosize minRows={2} {...bind("input")} error={errors.input} />
          )}
          <Textarea label="Expected output" autosize {...bind("expected")} error={errors.expected} />
          <Group grow align="flex-start">
            <TextInput label="Category" {...bind("category")} error={errors.category} />
            <TagsInput label="Tags" value={tags} onChange={setTags} error={errors.tags} />
          </Group>
        </>
      )}
    </FormDialog>
  );
}
