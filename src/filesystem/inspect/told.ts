/** Something found out about a disk and where it was seen, or why it cannot be told. */
export type Told<T> =
  | { readonly value: T; readonly evidence: string }
  | { readonly value: undefined; readonly evidence: string }

/** Nothing found, because of `reason`. */
export function untold(reason: string): { readonly value: undefined; readonly evidence: string } {
  return { value: undefined, evidence: reason }
}
