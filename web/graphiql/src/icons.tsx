import type { ReactElement } from "react";

function icon(title: string, path: string): () => ReactElement {
  return () => (
    <svg
      width="24"
      height="24"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-label={title}
    >
      <path d={path} />
    </svg>
  );
}

export const KeyIcon = icon("key", "M12.5 15a4.75 4.75 0 1 1-9.5 0 4.75 4.75 0 0 1 9.5 0ZM11 11.5 20.5 2m-5.25 5.25 3.25 3.25M18 4.5l2.5 2.5");
export const ListIcon = icon("list", "M4 6h.01M8 6h12M4 12h.01M8 12h12M4 18h.01M8 18h12");
export const GaugeIcon = icon("gauge", "M4.5 18a9 9 0 1 1 15 0M12 14l4-5M12 14.01V14");
