import { Button, CopyButton, Group, ScrollArea, VisuallyHidden } from "@mantine/core";
import { CheckIcon, CopyIcon, EyeClosedIcon, EyeOpenIcon } from "@radix-ui/react-icons";
import { useState } from "react";
import { withoutSecrets } from "../lib/secrets.ts";
import classes from "./json-view.module.css";

/** A JSON value, indented. Values of keys like `password` are hidden until asked for, and copied only then. */
export function JsonView({ value, label, height = 320 }: { value: unknown; label: string; height?: number }) {
  const [shown, setShown] = useState(false);
  const whole = JSON.stringify(value, null, 2) ?? "null";
  const safe = JSON.stringify(withoutSecrets(value), null, 2) ?? "null";
  const text = shown ? whole : safe;
  return (
    <div className={classes.frame}>
      <Group gap={4} className={classes.actions ?? ""}>
        {safe === whole ? null : (
          <Button
            variant="subtle"
            size="compact-xs"
            aria-pressed={shown}
            leftSection={shown ? <EyeClosedIcon /> : <EyeOpenIcon />}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide secrets" : "Show secrets"}
          </Button>
        )}
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="subtle"
              size="compact-xs"
              onClick={copy}
              leftSection={copied ? <CheckIcon /> : <CopyIcon />}
            >
              {copied ? "Copied" : "Copy"}
              <VisuallyHidden> {label}</VisuallyHidden>
            </Button>
          )}
        </CopyButton>
      </Group>
      <ScrollArea.Autosize mah={height} viewportProps={{ tabIndex: 0, role: "region", "aria-label": label }}>
        <pre className={classes.text}>{text}</pre>
      </ScrollArea.Autosize>
    </div>
  );
}
