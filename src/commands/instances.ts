import type { Command } from 'commander'
import { type CloudFlags, repeated, withCloud, withRegion } from './options.ts'
import type { Session } from './session.ts'

interface DeployFlags extends CloudFlags {
  readonly region?: string
  readonly instanceType?: string
  readonly subnet?: string
  readonly securityGroup?: string
  readonly sshSourceRange?: readonly string[]
  readonly keyName?: string
  readonly sshUser?: string
}

interface TerminateFlags extends CloudFlags {
  readonly region?: string
  readonly force?: boolean
}

export function deployCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .summary('Launch an instance from an image and wait until SSH answers')
    .description(
      'Launch an instance from an image and wait until SSH answers. The image is given by its id, on gcp and alibaba also ' +
        'as family/<name> for the newest of a family, on azure also as the id of a gallery’s image definition. What a ' +
        'failed deployment made is removed again.',
    )
    .argument('[image-id]', 'the image to launch (default: providers.packer.image_id)')
    .option(
      '--instance-type <type>',
      'instance type to launch (default: the cloud’s section, deploy.instance_type first)',
    )
    .option('--subnet <id>', 'subnet to launch in (default: the cloud’s section, else the default network)')
    .option('--security-group <id>', 'security group to use (default: deploy.security_group_id, else a new one)')
    .option(
      '--ssh-source-range <range>',
      'address range that may reach SSH (default: the cloud’s section, else this machine alone); may be repeated',
      repeated,
    )
    .option('--key-name <name>', 'key pair of the cloud to use (default: deploy.key_name, else a fresh one)')
    .option('--ssh-user <user>', 'user to log in as (default: what the image’s tags say)')
  return command.action((imageId: string | undefined, flags: DeployFlags) =>
    session.run(flags, async (context) => {
      const [{ deploy }, { deploymentText }] = await Promise.all([
        import('../actions/deploy.ts'),
        import('../report/results.ts'),
      ])
      const result = await deploy(
        {
          config: flags.config,
          flags: placeOf(flags),
          imageId,
          instanceType: flags.instanceType,
          subnetId: flags.subnet,
          securityGroupId: flags.securityGroup,
          sshSourceRanges: flags.sshSourceRange ?? [],
          keyName: flags.keyName,
          sshUser: flags.sshUser,
          begin: (what) => {
            const lines = [
              `Deploying ${what.cloud} instance from image`,
              '',
              `Image ID: ${what.imageId}`,
              `Region: ${what.region}`,
              `Instance type: ${what.instanceType}`,
              '',
            ]
            if (flags.json !== true) session.text(`${lines.join('\n')}\n`)
          },
        },
        context,
      )
      session.result(flags, result, deploymentText(result))
      return 0
    }),
  )
}

export function terminateCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .summary('Remove everything a deployment made')
    .description(
      'Remove everything a deployment made, after asking: instance, disk, address, security group, key pair, and the ' +
        'private key on this machine. Touches nothing that `sindri vm deploy` did not make.',
    )
    .argument('<instance-id>', 'the instance, or the deployment it belongs to')
    .option('-f, --force', 'do not ask')
  return command.action((reference: string, flags: TerminateFlags) =>
    session.run(flags, async (context) => {
      const { terminate } = await import('../actions/terminate.ts')
      const confirm = async (resources: readonly string[]): Promise<boolean> =>
        flags.force === true || session.confirm(`Remove ${resources.join(', ')}?`, '--force')
      const result = await terminate({ config: flags.config, flags: placeOf(flags), reference, confirm }, context)
      session.result(flags, result, `Terminated: ${result.removed.join(', ')}`)
      return 0
    }),
  )
}

function placeOf({ cloud, region }: DeployFlags | TerminateFlags) {
  return { ...(cloud && { cloud }), ...(region && { region }) }
}
