import type { VariableReference } from './environment.ts'

/** `regionKmsKeyIds` → `region_kms_key_ids`. */
type Snake<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : S

/** A resolved section as it is written in sindri.yaml: snake_case, and every key may be left out. */
export type Written<T> = T extends VariableReference
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : T extends object
      ? string extends keyof T
        ? T
        : { readonly [K in keyof T as K extends string ? Snake<K> : never]?: Written<T[K]> }
      : T

/** `kms_key_id` → `kmsKeyId`. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
