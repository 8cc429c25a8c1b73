import type * as z from 'zod/mini'
import { listOf, mapOf, section, text } from '../config/fields.ts'
import { extensionName } from '../config/sections/build.ts'

/** What belongs together: one entry of `profiles.yaml`. */
export interface Profile {
  readonly description: string
  readonly extensions: readonly string[]
}

/** The schema of `profiles.yaml`: profiles by name. */
export const profilesSchema: z.ZodMiniType<Readonly<Record<string, Profile>>> = mapOf(
  'Profiles by name.',
  section<Profile>(
    'A profile.',
    {
      description: text('What it is for.', { verbatim: true }),
      extensions: listOf('What it installs, besides what these depend on.', text('Extension.', extensionName)),
    },
    ['description', 'extensions'],
  ),
)
