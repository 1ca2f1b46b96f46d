/** One line of values, one for each moment of the chart. `color` is a CSS colour for each scheme. */
export type Series = { label: string; color: { light: string; dark: string }; values: readonly number[] };
