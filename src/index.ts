/** Sindri as a library: whatever the command line can do, a program can do. */
export { type BuildOptions, type BuildResult, build } from './actions/build/build.ts'
export type { ConfigOptions } from './actions/configure.ts'
export type { Context, Self } from './actions/context.ts'
export { type CopyOptions, type CopyResult, copy } from './actions/copy.ts'
export { type DeleteOptions, remove } from './actions/delete.ts'
export { type Deployment, type DeployOptions, deploy } from './actions/deploy.ts'
export { type DoctorResult, doctor } from './actions/doctor.ts'
export { dryRun } from './actions/dry-run.ts'
export type { CatalogueOptions } from './actions/extension-catalogue.ts'
export { type ExtensionInfo, extensionInfo, type Source } from './actions/extension-info.ts'
export {
  type InstallExtensionsOptions,
  type InstalledExtension,
  installExtensions,
} from './actions/extension-install.ts'
export { type ListedExtension, type ListedProfile, listExtensions, listProfiles } from './actions/extension-list.ts'
export {
  type ValidatedExtension,
  type ValidateExtensionsOptions,
  validateExtensions,
} from './actions/extension-validate.ts'
export { type InitOptions, type InitResult, init } from './actions/init.ts'
export { list } from './actions/list.ts'
export { type PermissionsResult, permissions, releasePermissions } from './actions/permissions.ts'
export { manifest } from './actions/publish/manifest.ts'
export type { ReleaseOptions } from './actions/publish/open.ts'
export {
  type PlannedCloud,
  type PlannedSetting,
  type PlannedStep,
  type PlanResult,
  planRelease,
} from './actions/publish/plan.ts'
export { type PublishResult, publish } from './actions/publish/publish.ts'
export { type UnpublishOptions, type UnpublishResult, unpublish } from './actions/publish/unpublish.ts'
export { type Drift, type VerifyResult, verify } from './actions/publish/verify.ts'
export { rehearse } from './actions/rehearse.ts'
export { type TerminateOptions, terminate } from './actions/terminate.ts'
export { type ValidateOptions, type ValidateResult, validate } from './actions/validate.ts'
export * from './core/index.ts'
export type { Manifest, ManifestImage } from './release/manifest.ts'
