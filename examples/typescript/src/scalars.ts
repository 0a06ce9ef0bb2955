/** A moment by RFC 3339. The server takes any offset, and answers in UTC with six digits of a second. */
export type DateTime = `${number}-${number}-${number}T${string}`;

/** Whatever stands in a document. */
export type Json = boolean | number | string | null | readonly Json[] | { readonly [name: string]: Json };
