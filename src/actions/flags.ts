export { cloudNames, cloudOf as cloudNamed } from '../config/cloud-name.ts'
export { defaults } from '../config/defaults.ts'
export type { Flags } from '../config/flags.ts'
