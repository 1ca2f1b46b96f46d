import { Button, Tooltip, VisuallyHidden } from "@mantine/core";
import { PauseIcon, PlayIcon } from "@radix-ui/react-icons";
import { useStore } from "../lib/store.ts";
import { shortDuration } from "../lib/time.ts";
import { type LiveState, liveStore, setPaused } from "./live.ts";
import classes from "./live-button.module.css";
import { useStaleSince } from "./use-stale-since.ts";

/** Pauses and resumes the whole page, and says how it follows and how old what it shows is. */
export function LiveButton() {
  const state = useStore(liveStore);
  const since = useStaleSince();
  const age = since === undefined ? undefined : shortDuration(Math.max(0, Date.now() - since));
  const { word, hint } = describe(state);
  return (
    <Tooltip label={state.paused ? "Follow again" : `${hint} Click to pause.`} multiline maw={280}>
      <Button
        variant="default"
        aria-pressed={state.paused}
        onClick={() => setPaused(!state.paused)}
        leftSection={state.paused ? <PlayIcon /> : <PauseIcon />}
      >
        <span className={classes.dot} data-link={state.paused ? "paused" : state.link} aria-hidden />
        <span className={classes.word}>{word}</span>
        {state.paused && age !== undefined ? <span className={classes.age}>{age} old</span> : null}
        <VisuallyHidden>: {state.paused ? "resume" : "pause"} live updates</VisuallyHidden>
      </Button>
    </Tooltip>
  );
}

function describe({ link, paused }: LiveState): { word: string; hint: string } {
  if (paused) return { word: "Paused", hint: "Live updates are paused." };
  if (link === "open") return { word: "Live", hint: "Changes appear as they happen." };
  if (link === "polling") return { word: "Every 2 s", hint: "The page looks again every 2 seconds." };
  return link === "connecting"
    ? { word: "Connecting", hint: "The live link is being opened; the page looks again every 5 seconds." }
    : { word: "Every 5 s", hint: "The live link is down; the page looks again every 5 seconds." };
}
