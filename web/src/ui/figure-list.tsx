import type { ReactNode } from "react";
import classes from "./figure-list.module.css";

/** A figure's name, the figure, and a few words on what it tells. */
export type Figure = readonly [name: string, value: ReactNode, tells?: string];

/** Figures with their names, side by side as far as there is room. `wide`: with words below them. */
export function FigureList({ figures, wide = false }: { figures: readonly Figure[]; wide?: boolean }) {
  return (
    <dl className={classes.figures} data-wide={wide || undefined}>
      {figures.map(([name, value, tells]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {tells === undefined ? null : <dd className={classes.tells}>{tells}</dd>}
        </div>
      ))}
    </dl>
  );
}
