import type { Written } from '../written.ts'

/** The clouds a release can name. */
export const targetNames = ['aws', 'azure', 'gcp', 'oci', 'alibaba', 'openstack'] as const

/** Tells a mistake in the settings of one cloud; `key` is as it is written, for example `best_effort_regions`. */
export type Complain = (key: string, message: string, hint: string) => void

/** Settings as they are written, with their defaults; each mistake is told to `complain`. */
export type Resolve<Settings> = (written: Written<Settings>, complain: Complain) => Settings
