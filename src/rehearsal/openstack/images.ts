import { randomUUID } from 'node:crypto'
import { objectIn, textIn } from '../kit/json.ts'
import type { Call, Operations, Output } from './call.ts'
import { imageOutput, ownImage, setMember, visibleImage } from './image-record.ts'
import { listImages } from './list-images.ts'
import { notImplemented, openStackError } from './openstack-error.ts'
import { type ImageRecord, keyOf } from './records.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function create(call: Call): ImageRecord {
  const { region, world, caller } = call
  const { records } = world
  const { id: asked, ...members } = objectIn(call.body)
  const id = textIn(asked) ?? randomUUID()
  if (!uuid.test(id)) throw openStackError(400, `Provided object does not match schema 'image': id ${id}`)
  const key = keyOf(region, id)
  if (records.images[key] !== undefined || records.deleted[key] === true)
    throw openStackError(409, `Image ID ${id} already exists!`)
  const now = call.now()
  const image: ImageRecord = {
    ...{ id, region, owner: caller.project, name: '', visibility: 'shared', protected: false, hidden: false, tags: [] },
    ...{ diskFormat: null, containerFormat: null, minDisk: 0, minRam: 0, properties: {} },
    ...{ createdAt: now, updatedAt: now, members: {} },
  }
  for (const [name, value] of Object.entries(members)) setMember(image, name, value, caller)
  records.images[key] = image
  return image
}

/** https://docs.openstack.org/api-ref/image/v2/#update-image (2026-11) */
function update(call: Call): ImageRecord {
  const image = ownImage(call)
  if (!Array.isArray(call.body)) throw openStackError(400, 'Request body must be a JSON array of operation objects.')
  const changed = { ...image }
  for (const step of call.body.map(objectIn)) {
    const { op, path, value } = step
    const name = String(path).replace(/^\//, '').replaceAll('~1', '/').replaceAll('~0', '~')
    if (name.includes('/') && String(path).split('/').length > 2) throw notImplemented(`a patch of ${path}`)
    const known = name in imageOutput(changed, call.now())
    if (op !== 'add' && op !== 'replace' && op !== 'remove') throw notImplemented(`the patch ${op}`)
    if (op !== 'add' && !known) throw openStackError(409, `Property ${name} does not exist.`)
    setMember(changed, name, op === 'remove' ? undefined : value, call.caller)
  }
  changed.updatedAt = call.now()
  return Object.assign(image, changed)
}

async function remove(call: Call): Promise<Output> {
  const { region, world } = call
  const image = ownImage(call)
  if (image.protected) throw openStackError(403, `Image ${image.id} is protected and cannot be deleted.`)
  const key = keyOf(region, image.id)
  delete world.records.images[key]
  world.records.deleted[key] = true
  // The files go when the records no longer name them.
  world.save()
  const imported = image.import?.result
  for (const kept of [image.stored, image.staged, imported])
    if (kept !== undefined && 'file' in kept) await world.disks.remove(kept.file)
  return { status: 204 }
}

/** https://docs.openstack.org/api-ref/image/v2/ (2026-11) */
export const imageOperations: Operations = {
  ListImages: {
    pattern: 'GET v2/images',
    run: (call) => ({ status: 200, json: listImages(call) }),
  },
  CreateImage: {
    pattern: 'POST v2/images',
    run: (call) =>
      call.inTurn(() => {
        const image = create(call)
        return { status: 201, json: imageOutput(image, call.now()) }
      }),
  },
  GetImage: {
    pattern: 'GET v2/images/:id',
    run: (call) => ({ status: 200, json: imageOutput(visibleImage(call), call.now()) }),
  },
  UpdateImage: {
    pattern: 'PATCH v2/images/:id',
    run: (call) =>
      call.inTurn(() => {
        const image = update(call)
        return { status: 200, json: imageOutput(image, call.now()) }
      }),
  },
  DeleteImage: { pattern: 'DELETE v2/images/:id', run: (call) => call.inTurn(() => remove(call)) },
}
