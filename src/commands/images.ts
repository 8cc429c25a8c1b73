import type { Command } from 'commander'
import { type CloudFlags, type CloudsFlags, listOf, onlyCloud, withCloud, withClouds, withRegion } from './options.ts'
import type { Session } from './session.ts'

interface ListFlags extends CloudsFlags {
  readonly name?: string
  readonly region?: string
}

interface DeleteFlags extends CloudFlags {
  readonly region?: string
  readonly force?: boolean
  readonly allRegions?: boolean
}

interface CopyFlags extends CloudFlags {
  readonly imageId: string
  readonly to: readonly string[]
  readonly region?: string
}

export function listCommand(command: Command, session: Session): Command {
  withRegion(withClouds(command))
    .summary('List images, newest first')
    .description('List Sindri’s images in one region of each cloud, newest first.')
    .option('-n, --name <prefix>', 'only images whose name begins so')
  return command.action((flags: ListFlags) =>
    session.run(flags, async (context) => {
      const [{ list, listEach }, { imagesJson, imagesText }] = await Promise.all([
        import('../actions/list.ts'),
        import('../report/results.ts'),
      ])
      const one = onlyCloud(flags.cloud)
      const options = {
        config: flags.config,
        flags: { ...one, ...(flags.region && { region: flags.region }) },
        namePrefix: flags.name,
      }
      const clouds = one === undefined ? flags.cloud : undefined
      if (clouds === undefined) {
        const images = await list(options, context)
        session.result(flags, imagesJson(images), imagesText(images))
        return 0
      }
      const outcomes = await listEach({ ...options, clouds }, context)
      const { outcomesExitCode, outcomesJson, outcomesText } = await import('../report/outcomes.ts')
      session.result(flags, outcomesJson('images', outcomes, imagesJson), outcomesText(outcomes, imagesText))
      return outcomesExitCode(outcomes, () => true)
    }),
  )
}

export function deleteCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .summary('Delete an image and its snapshots, after asking')
    .description(
      'Delete an image and its snapshots, after asking. Where there is no terminal to ask on it fails unless --force is given.',
    )
    .argument('<image-id>', 'the image to delete')
    .option('-f, --force', 'do not ask')
    .option('--all-regions', 'also delete its copies, in every region the account may use')
  return command.action((imageId: string, flags: DeleteFlags) =>
    session.run(flags, async (context) => {
      const { remove } = await import('../actions/delete.ts')
      const deleted = await remove(
        {
          config: flags.config,
          flags: placeOf(flags),
          imageId,
          allRegions: flags.allRegions === true,
          confirm: async (images) => {
            const names = images.map((image) => `${image.id} (${image.name}, ${image.region})`).join(', ')
            return flags.force === true || session.confirm(`Delete ${names} and its snapshots?`, '--force')
          },
        },
        context,
      )
      const json = { deleted: deleted.map((image) => ({ image_id: image.id, region: image.region, name: image.name })) }
      session.result(flags, json, `Deleted ${deleted.length} image(s)`)
      return 0
    }),
  )
}

export function copyCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .summary('Copy an image to other regions of its cloud')
    .description(
      'Copy an image to other regions of its cloud. Safe to repeat: it goes on where an interrupted run stopped, and finds ' +
        'copies that exist. To another cloud an image goes as a disk: `sindri vm publish --disk`.',
    )
    .requiredOption('--image-id <id>', 'the image to copy, in the region of --region')
    .requiredOption('--to <regions>', 'regions to copy it to, comma-separated', listOf)
  return command.action((flags: CopyFlags) =>
    session.run(flags, async (context) => {
      const [{ copy }, { copyText }] = await Promise.all([import('../actions/copy.ts'), import('../report/results.ts')])
      const { config, imageId, to } = flags
      const result = await copy({ config, flags: placeOf(flags), imageId, to }, context)
      session.result(flags, result, copyText(result))
      return 0
    }),
  )
}

function placeOf({ cloud, region }: DeleteFlags) {
  return { ...(cloud && { cloud }), ...(region && { region }) }
}
