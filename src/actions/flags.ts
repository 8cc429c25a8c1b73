export { cloudNames, cloudOf as cloudNamed, cloudsOf as cloudsNamed } from '../config/cloud-name.ts'
export { defaults } from '../config/defaults.ts'
export type { Flags } from '../config/flags.ts'
export { targetNames } from '../config/targets/target.ts'
