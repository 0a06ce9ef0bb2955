/** Whether the answer is below the editor, and panes lie over both: as playground.css has it. */
export function isNarrow(): boolean {
  return matchMedia("(width < 900px)").matches;
}

/** Whether it is tapped, and a keyboard comes up wherever the cursor is put. */
export function isTouched(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
