import { type Json, objectIn, textIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { ownImage, visibleImage } from './image-record.ts'
import { openStackError } from './openstack-error.ts'
import type { ImageRecord, MemberRecord } from './records.ts'

function memberOutput(image: ImageRecord, member: string, { createdAt, updatedAt, status }: MemberRecord): Json {
  const at = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
  const times = { created_at: at(createdAt), updated_at: at(updatedAt) }
  return { image_id: image.id, member_id: member, status, ...times, schema: '/v2/schemas/member' }
}

function sharedImage(image: ImageRecord): ImageRecord {
  if (image.visibility !== 'shared') throw openStackError(403, 'Only shared images have members.')
  return image
}

/** All members for the owner, and for a member itself alone. */
function shown(call: Call, image: ImageRecord): readonly (readonly [string, MemberRecord])[] {
  const own = image.owner === call.caller.project || call.caller.roles.includes('admin')
  return Object.entries(image.members).filter(([member]) => own || member === call.caller.project)
}

function memberIn(call: Call, image: ImageRecord): readonly [string, MemberRecord] {
  const found = shown(call, image).find(([member]) => member === call.at.member)
  if (found === undefined)
    throw openStackError(404, `${call.at.member} not found in the member list of the image ${image.id}.`)
  return found
}

/** https://docs.openstack.org/api-ref/image/v2/#sharing (2026-11) */
export const memberOperations: Operations = {
  ListMembers: {
    pattern: 'GET v2/images/:id/members',
    run(call) {
      const image = sharedImage(visibleImage(call))
      const members = shown(call, image).map(([member, record]) => memberOutput(image, member, record))
      return { status: 200, json: { members, schema: '/v2/schemas/members' } }
    },
  },
  AddMember: {
    pattern: 'POST v2/images/:id/members',
    run: (call) =>
      call.inTurn(() => {
        const image = sharedImage(ownImage(call))
        const member = textIn(objectIn(call.body).member)
        if (member === undefined) throw openStackError(400, 'Member to be added not specified')
        if (image.members[member] !== undefined)
          throw openStackError(409, `The member ${member} is already associated with the image ${image.id}.`)
        const now = call.now()
        const record: MemberRecord = { createdAt: now, updatedAt: now, status: 'pending' }
        image.members[member] = record
        return { status: 200, json: memberOutput(image, member, record) }
      }),
  },
  GetMember: {
    pattern: 'GET v2/images/:id/members/:member',
    run(call) {
      const image = visibleImage(call)
      return { status: 200, json: memberOutput(image, ...memberIn(call, image)) }
    },
  },
  UpdateMember: {
    pattern: 'PUT v2/images/:id/members/:member',
    run: (call) =>
      call.inTurn(() => {
        const image = sharedImage(visibleImage(call))
        const [member, record] = memberIn(call, image)
        if (member !== call.caller.project && !call.caller.roles.includes('admin'))
          throw openStackError(403, 'You are not authorized to complete modify_member action.')
        const status = (['pending', 'accepted', 'rejected'] as const).find((one) => one === objectIn(call.body).status)
        if (status === undefined) throw openStackError(400, 'Status is none of pending, accepted and rejected')
        Object.assign(record, { status, updatedAt: call.now() })
        return { status: 200, json: memberOutput(image, member, record) }
      }),
  },
  DeleteMember: {
    pattern: 'DELETE v2/images/:id/members/:member',
    run: (call) =>
      call.inTurn(() => {
        const image = sharedImage(ownImage(call))
        const [member] = memberIn(call, image)
        delete image.members[member]
        return { status: 204 }
      }),
  },
}
