import type { Command } from 'commander'
import { type CloudFlags, withCloud, withRegion } from './options.ts'
import type { Session } from './session.ts'

interface ListFlags extends CloudFlags {
  readonly name?: string
  readonly region?: string
}

interface DeleteFlags extends CloudFlags {
  readonly region?: string
  readonly force?: boolean
  readonly allRegions?: boolean
}

export function listCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .description('List built images')
    .option('-n, --name <prefix>', 'only images whose name begins so')
  return command.action((flags: ListFlags) =>
    session.run(flags, async (context) => {
      const [{ list }, { imagesJson, imagesText }] = await Promise.all([
        import('../actions/list.ts'),
        import('../report/results.ts'),
      ])
      const images = await list({ config: flags.config, flags: placeOf(flags), namePrefix: flags.name }, context)
      session.result(flags, imagesJson(images), imagesText(images))
      return 0
    }),
  )
}

export function deleteCommand(command: Command, session: Session): Command {
  withRegion(withCloud(command))
    .description('Delete an image and its snapshots, after asking')
    .argument('<image-id>', 'the image to delete')
    .option('-f, --force', 'do not ask')
    .option('--all-regions', 'also delete its copies in other regions')
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

function placeOf({ cloud, region }: ListFlags | DeleteFlags) {
  return { ...(cloud && { cloud }), ...(region && { region }) }
}
