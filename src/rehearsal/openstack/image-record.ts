import { type Json, textIn, textsIn } from '../kit/json.ts'
import type { Call } from './call.ts'
import { openStackError } from './openstack-error.ts'
import { type ImageRecord, keyOf } from './records.ts'
import { fileOf, statusOf } from './states.ts'

const time = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

/** https://docs.openstack.org/api-ref/image/v2/#show-image (2026-11) */
export function imageOutput(image: ImageRecord, now: number): Json {
  const file = fileOf(image, now)
  const path = `/v2/images/${image.id}`
  return {
    ...image.properties,
    ...{ id: image.id, name: image.name, status: statusOf(image, now), visibility: image.visibility },
    ...{ owner: image.owner, protected: image.protected, os_hidden: image.hidden, tags: image.tags },
    ...{ disk_format: image.diskFormat, container_format: image.containerFormat },
    ...{ min_disk: image.minDisk, min_ram: image.minRam },
    ...{ created_at: time(image.createdAt), updated_at: time(image.updatedAt) },
    ...{ size: file?.bytes ?? null, virtual_size: file?.virtualSize ?? null, checksum: file?.md5 ?? null },
    ...{ os_hash_algo: file === undefined ? null : 'sha512', os_hash_value: file?.sha512 ?? null },
    ...(image.import !== undefined && now < image.import.doneAt && { os_glance_import_task: image.import.task }),
    ...{ self: path, file: `${path}/file`, schema: '/v2/schemas/image' },
  }
}

/** Whether a project may see and use an image. https://docs.openstack.org/api-ref/image/v2/#image-visibility (2026-11) */
export function mayUse(image: ImageRecord, { project, roles }: Call['caller']): boolean {
  if (image.owner === project || roles.includes('admin')) return true
  if (image.visibility === 'public' || image.visibility === 'community') return true
  return image.visibility === 'shared' && image.members[project] !== undefined
}

/** The image that a path names, or Glance's refusal. */
export function visibleImage(call: Call): ImageRecord {
  const { at, region, world, caller } = call
  const image = world.records.images[keyOf(region, at.id ?? '')]
  if (image === undefined || !mayUse(image, caller)) throw openStackError(404, `No image found with ID ${at.id}`)
  return image
}

/** The same, where the caller may change it. */
export function ownImage(call: Call): ImageRecord {
  const image = visibleImage(call)
  const { project, roles } = call.caller
  if (image.owner !== project && !roles.includes('admin'))
    throw openStackError(403, 'You are not authorized to complete modify_image action.')
  return image
}

const base = new Set(['name', 'visibility', 'protected', 'os_hidden', 'tags', 'min_disk', 'min_ram'])
const formats = new Set(['disk_format', 'container_format'])
/** Members that nobody sets. */
const readOnly = new Set([
  ...['id', 'status', 'owner', 'created_at', 'updated_at', 'size', 'virtual_size', 'checksum', 'os_hash_algo'],
  ...['os_hash_value', 'self', 'file', 'schema', 'locations', 'direct_url', 'stores'],
])
const diskFormats = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'iso']

/** Changes one member of an image; undefined removes it. */
export function setMember(image: ImageRecord, name: string, value: unknown, caller: Call['caller']): void {
  if (readOnly.has(name) || name.startsWith('os_glance')) throw openStackError(403, `Attribute '${name}' is read-only.`)
  if (!base.has(name) && !formats.has(name)) setProperty(image, name, value)
  else if (value === undefined) throw openStackError(403, `Property ${name} may not be removed.`)
  else setOwn(image, name, value, caller)
}

function setOwn(image: ImageRecord, name: string, value: unknown, caller: Call['caller']): void {
  switch (name) {
    case 'name':
      image.name = textOf(name, value)
      return
    case 'visibility': {
      const wanted = (['private', 'shared', 'community', 'public'] as const).find((one) => one === value)
      if (wanted === undefined) throw openStackError(400, `Provided object does not match schema: visibility ${value}`)
      if (wanted === 'public' && !caller.roles.includes('admin'))
        throw openStackError(403, 'You are not authorized to complete publicize_image action.')
      image.visibility = wanted
      return
    }
    case 'protected':
      image.protected = value === true
      return
    case 'os_hidden':
      image.hidden = value === true
      return
    case 'tags':
      image.tags = textsIn(value)
      return
    case 'min_disk':
      image.minDisk = numberOf(name, value)
      return
    case 'min_ram':
      image.minRam = numberOf(name, value)
      return
    case 'disk_format':
      if (!diskFormats.includes(String(value))) throw openStackError(400, `Invalid disk format '${value}'`)
      image.diskFormat = textOf(name, value)
      return
    default:
      image.containerFormat = textOf(name, value)
  }
}

function setProperty(image: ImageRecord, name: string, value: unknown): void {
  const { [name]: _, ...others } = image.properties
  image.properties = value === undefined ? others : { ...others, [name]: textOf(name, value) }
}

function textOf(name: string, value: unknown): string {
  const text = textIn(value) ?? (value === '' ? '' : undefined)
  if (text !== undefined && text.length <= 65_535) return text
  throw openStackError(400, `Provided object does not match schema 'image': ${name} is not of type 'string'`)
}

function numberOf(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw openStackError(400, `Provided object does not match schema 'image': ${name} is not of type 'integer'`)
}
