import { type ReactElement, type ReactNode, useLayoutEffect, useRef } from "react";

/** A pane of the sidebar. It begins at its top, wherever the one before it was scrolled to. */
export function Pane({ title, children }: { title: string; children: ReactNode }): ReactElement {
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    section.current?.parentElement?.scrollTo(0, 0);
  }, []);
  return (
    <section ref={section} className="purser-pane" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
