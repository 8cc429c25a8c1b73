import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import type { Got, Step } from '../../core/step.ts'
import type { MadeImage } from '../cloud.ts'
import type { AlibabaApi, AlibabaImage } from './port.ts'

/** An image of a region, and all that has to exist before it is opened. */
export interface Opened {
  readonly region: string
  readonly image: Step<MadeImage>
  readonly after: readonly Step<unknown>[]
}

/** Whom an image is for. `public` is a community image, which everybody may use; undefined leaves that as it is. */
export interface Readers {
  readonly accounts: readonly string[]
  readonly public?: boolean
}

/** The image as it is now. @throws SindriError `not-found` */
export async function currentImage(api: AlibabaApi, { region, image }: Opened, got: Got): Promise<AlibabaImage> {
  const { id } = got(image)
  const [found] = await api.images(region, { id })
  if (found === undefined) throw new SindriError('not-found', `image ${id} is gone from ${region}`)
  return found
}

/** Who may use the image besides the account it is in. */
export function readerSetting(api: AlibabaApi, id: string, place: Opened, wanted: Readers): Setting {
  const { region, image, after } = place
  const isPublic = async (got: Got): Promise<boolean> =>
    wanted.public !== undefined && (await currentImage(api, place, got)).public
  return {
    ...{ id, title: `readers of the image in ${region}`, after },
    want: readerText(wanted),
    read: async (got) =>
      readerText({ accounts: await api.readers(region, got(image).id), public: await isPublic(got) }),
    async write(got) {
      const present = await api.readers(region, got(image).id)
      await api.changeReaders(region, got(image).id, {
        add: wanted.accounts.filter((one) => !present.includes(one)),
        remove: present.filter((one) => !wanted.accounts.includes(one)),
      })
      if (wanted.public !== undefined && wanted.public !== (await isPublic(got)))
        await api.setPublic(region, got(image).id, wanted.public)
    },
  }
}

/** Whoever launches from the family gets the image, so it joins it last. An image is not taken out of one. */
export function familySettings(
  api: AlibabaApi,
  id: string,
  place: Opened,
  wanted: string | undefined,
): readonly Setting[] {
  if (wanted === undefined) return []
  const { region, image, after } = place
  const setting: Setting = {
    ...{ id, title: `family of the image in ${region}`, after, want: wanted },
    read: async (got) => (await api.images(region, { id: got(image).id }))[0]?.family ?? 'none',
    write: (got) => api.setFamily(region, got(image).id, wanted),
  }
  return [setting]
}

function readerText({ accounts, public: open }: Readers): string {
  const words = [...accounts.map((id) => `account ${id}`).sort(), ...(open === true ? ['everybody'] : [])]
  return words.length === 0 ? 'private' : words.join(', ')
}
