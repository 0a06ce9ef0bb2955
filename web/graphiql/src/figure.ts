/** A number as people read it. */
export function figure(number: number): string {
  return number.toLocaleString("en-GB");
}
