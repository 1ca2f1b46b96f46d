import {
  ActionIcon,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  NumberInput,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";

/** Calm and dense: small controls, system fonts, one accent. */
export const theme = createTheme({
  primaryColor: "indigo",
  // The shades at which white text on colour keeps 4.5 to 1.
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "0.9375rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  focusRing: "auto",
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "default", size: 30 } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: "xs" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "xs" } }),
    Select: Select.extend({ defaultProps: { size: "xs" } }),
    // By name alone: these come with the pages that have them, and not with the frame.
    NativeSelect: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "xs" } },
    JsonInput: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    FileInput: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    // Nothing but items is in a menu, as its role asks; the first has the focus.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close this message" } } },
    Badge: Badge.extend({ defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 500 } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: false } },
    }),
  },
});

/** Mantine's own greys for secondary text miss the contrast of WCAG AA. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#59616b",
    "--mantine-color-placeholder": "#6b7480",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-anchor": "var(--mantine-color-indigo-8)",
    "--rl-page": "#f7f8fa",
    "--rl-panel": "#ffffff",
    "--rl-line": "#e3e6ea",
    "--rl-hover": "#f2f4f8",
    "--rl-selected": "#e8ecfd",
  },
  dark: {
    "--mantine-color-dimmed": "#a3abb5",
    "--mantine-color-placeholder": "#8e97a3",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-anchor": "var(--mantine-color-indigo-3)",
    "--mantine-color-body": "#14171c",
    "--rl-page": "#14171c",
    "--rl-panel": "#1b1f26",
    "--rl-line": "#2c323b",
    "--rl-hover": "#232831",
    "--rl-selected": "#262f4d",
  },
});
