import { basename } from 'node:path'

/** What Packer prints when it begins something, and that thing in words for people. */
export interface PhaseStart {
  readonly begins: RegExp
  /** Given the first group of `begins`. */
  readonly phase: (detail: string) => string
}

/** The phase in which Packer removes what it needed only for the build. */
export const cleaningUp = 'cleaning up'

/** Phases every builder has: they come from Packer itself, 1.6.6 to 1.15. */
const shared: readonly PhaseStart[] = [
  { begins: /^Waiting for SSH to become available/u, phase: () => 'waiting for SSH' },
  { begins: /^Connected to SSH!/u, phase: () => 'connected' },
  { begins: /^Provisioning with shell script: (.*)/u, phase: (script) => `provisioning: ${basename(script)}` },
  { begins: /^Provisioning with Ansible/u, phase: () => 'provisioning: ansible' },
  { begins: /^Uploading (\S+) => /u, phase: (source) => `uploading ${basename(source)}` },
  { begins: /^Provisioning step had errors/u, phase: () => cleaningUp },
  { begins: /^Timeout waiting for SSH/u, phase: () => cleaningUp },
  { begins: /^Cancelling build after receiving/u, phase: () => 'cancelling' },
]

/** The words of amazon-ebs, 1.6.6 to plugin 1.8. */
const amazon: readonly PhaseStart[] = [
  { begins: /^Prevalidating /u, phase: () => 'preparing' },
  { begins: /^Launching a source AWS instance/u, phase: () => 'launching instance' },
  { begins: /^Stopping the source instance/u, phase: () => 'stopping instance' },
  { begins: /^Creating AMI \S+ from instance/u, phase: () => 'creating image' },
  { begins: /^Copying\/Encrypting AMI/u, phase: () => 'copying image' },
  { begins: /^Modifying attributes on AMI/u, phase: () => 'sharing image' },
  { begins: /^Adding tags to AMI/u, phase: () => 'tagging' },
  { begins: /^Terminating the source AWS instance/u, phase: () => cleaningUp },
]

/** The words of azure-arm, googlecompute, oracle-oci and alicloud-ecs, 1.6.6 to the plugins of 2025. */
const others: readonly PhaseStart[] = [
  {
    begins: /^(Checking image does not exist|Creating resource group|Using existing resource group)/u,
    phase: () => 'preparing',
  },
  { begins: /^(Creating instance|Deploying deployment template)/u, phase: () => 'launching instance' },
  // Google's builder keeps the disk and removes the instance before it makes the image.
  { begins: /^(Stopping instance|Powering off machine|Deleting instance)/u, phase: () => 'stopping instance' },
  { begins: /^(Creating image|Capturing image|Publishing to Shared Image Gallery)/u, phase: () => 'creating image' },
  { begins: /^Coping image/u, phase: () => 'copying image' },
  { begins: /^(Cleanup requested|Deleting disk|Terminating instance|Cleaning up)/u, phase: () => cleaningUp },
]

/** Every known beginning of a phase; the first that fits counts. */
export const phases: readonly PhaseStart[] = [...shared, ...amazon, ...others]
