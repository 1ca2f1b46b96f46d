import { List, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { ScheduleTicksQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { inWords, inZone } from "./expression.ts";
import classes from "./schedules.module.css";

/** What an expression means, and when it will tick, as it is typed. */
export function NextTicks({ expression, timeZone }: { expression: string; timeZone: string }) {
  const [asked] = useDebouncedValue(expression.trim(), 300);
  const { data, error } = useQueryOf(
    ScheduleTicksQueryText,
    { expression: asked, timeZone },
    { enabled: asked !== "" && timeZone !== "", keep: true },
  );
  const ticks = asked === "" ? [] : (data?.scheduleTicks ?? []);
  return (
    <div className={classes.ticks} aria-live="polite">
      {error === null ? (
        <Text size="sm" fw={600}>
          {asked === "" ? "When it will tick is shown here." : `${inWords(asked)} (${timeZone})`}
        </Text>
      ) : (
        <Text size="sm" c="var(--mantine-color-error)">
          {error.issues[0]?.message ?? error.message}
        </Text>
      )}
      {error !== null || ticks.length === 0 ? null : (
        <List size="sm" type="ordered" aria-label="The next five ticks">
          {ticks.map((at) => (
            <List.Item key={at}>
              {inZone(at, timeZone)}{" "}
              <Text span size="sm" c="dimmed">
                <RelativeTime at={at} />
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </div>
  );
}
