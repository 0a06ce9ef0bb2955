/** Whether it is tapped, and a keyboard comes up wherever the cursor is put. */
export function isTouched(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
