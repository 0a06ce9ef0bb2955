import type { ReactElement, ReactNode } from "react";

/** A pane of the sidebar. */
export function Pane({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <section className="purser-pane" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
