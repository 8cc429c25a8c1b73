import { unlessGone } from '../gone.ts'
import { itemsOf, objectOf, textOf } from './answers.ts'
import { openClient } from './api-client.ts'
import { openOss } from './api-oss.ts'
import type { AlibabaDiskApi, ObjectPlace, Stored } from './disk-port.ts'
import { unlessThere } from './errors.ts'
import type { AlibabaHome, Tags } from './port.ts'
import { elementsIn, textIn } from './xml.ts'

/** Marks of an object are headers that begin so. */
const mark = 'x-oss-meta-'

/**
 * OSS, RAM and the rest of ECS as publishing a disk uses them.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function (read 2026-11)
 */
export function connectAlibabaDisk({ credentials, region: home }: AlibabaHome): AlibabaDiskApi {
  const { call, keys } = openClient(credentials)
  const oss = openOss(keys, credentials?.name ?? 'the environment')
  const of = ({ region, bucket }: Pick<ObjectPlace, 'region' | 'bucket'>) => [region, bucket] as const

  return {
    async bucket(place) {
      const answer = await unlessGone(
        oss.send('oss:GetBucketInfo', ...of(place), { method: 'GET', query: { bucketInfo: '' } }),
      )
      if (answer === undefined) return undefined
      const region = textIn(answer.text, 'Location')?.replace(/^oss-/, '') ?? ''
      return { region, access: textIn(answer.text, 'Grant') ?? '' }
    },
    async createBucket(place) {
      await oss.send('oss:PutBucket', ...of(place), { method: 'PUT', headers: { 'x-oss-acl': 'private' } })
    },

    async object(place) {
      const { key } = place
      const answer = await unlessGone(oss.send('oss:GetObject', ...of(place), { method: 'HEAD', key }))
      if (answer === undefined) return undefined
      const written = textOfMarks(answer.header(`${mark}sindri`))
      return {
        sizeBytes: Number(answer.header('content-length')),
        crc64: answer.header('x-oss-hash-crc64ecma') ?? '',
        marks: written,
      }
    },
    async deleteObject(place) {
      await unlessGone(oss.send('oss:DeleteObject', ...of(place), { method: 'DELETE', key: place.key }))
    },

    async uploads(place, prefix) {
      const found: { readonly key: string; readonly id: string }[] = []
      for (let after: Readonly<Record<string, string>> = {}; ; ) {
        const query = { uploads: '', prefix, ...after }
        const answer = await unlessGone(oss.send('oss:ListMultipartUploads', ...of(place), { method: 'GET', query }))
        if (answer === undefined) return []
        for (const upload of elementsIn(answer.text, 'Upload'))
          found.push({ key: textIn(upload, 'Key') ?? '', id: textIn(upload, 'UploadId') ?? '' })
        if (textIn(answer.text, 'IsTruncated') !== 'true') return found
        after = {
          'key-marker': textIn(answer.text, 'NextKeyMarker') ?? '',
          'upload-id-marker': textIn(answer.text, 'NextUploadIdMarker') ?? '',
        }
      }
    },
    async beginUpload(place, marks) {
      const answer = await oss.send('oss:PutObject', ...of(place), {
        ...{ method: 'POST', key: place.key, query: { uploads: '' }, once: true },
        headers: { 'content-type': 'application/octet-stream', [`${mark}sindri`]: JSON.stringify(marks) },
      })
      return textIn(answer.text, 'UploadId') ?? ''
    },
    async parts(place, uploadId) {
      const found = new Map<number, Stored>()
      for (let after = '0'; ; ) {
        const query = { uploadId, 'part-number-marker': after }
        const answer = await oss.send('oss:ListParts', ...of(place), { method: 'GET', key: place.key, query })
        for (const part of elementsIn(answer.text, 'Part'))
          found.set(Number(textIn(part, 'PartNumber')), {
            sizeBytes: Number(textIn(part, 'Size')),
            etag: unquoted(textIn(part, 'ETag')),
          })
        if (textIn(answer.text, 'IsTruncated') !== 'true') return found
        after = textIn(answer.text, 'NextPartNumberMarker') ?? ''
      }
    },
    async putPart(place, uploadId, number, body, md5) {
      await oss.send('oss:PutObject', ...of(place), {
        ...{ method: 'PUT', key: place.key, query: { uploadId, partNumber: String(number) }, body, once: true },
        headers: { 'content-md5': md5.toString('base64') },
      })
    },
    async completeUpload(place, uploadId, etags) {
      const parts = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
      )
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
      const answer = await oss.send('oss:PutObject', ...of(place), {
        ...{ method: 'POST', key: place.key, query: { uploadId }, body },
        headers: { 'content-type': 'application/xml' },
      })
      return answer.header('x-oss-hash-crc64ecma') ?? ''
    },
    async abortUpload(place, uploadId) {
      const { key } = place
      await unlessGone(
        oss.send('oss:AbortMultipartUpload', ...of(place), { method: 'DELETE', key, query: { uploadId } }),
      )
    },

    async rolePolicies(role) {
      if ((await unlessGone(call('ram:GetRole', home, { RoleName: role }))) === undefined) return undefined
      const answer = await call('ram:ListPoliciesForRole', home, { RoleName: role })
      return itemsOf(answer, 'Policies', 'Policy').flatMap((policy) => textOf(policy, 'PolicyName') ?? [])
    },
    async createRole(role, description, trust) {
      const asked = { RoleName: role, Description: description, AssumeRolePolicyDocument: trust }
      await unlessThere(call('ram:CreateRole', home, asked).then(() => undefined))
    },
    async attachSystemPolicy(role, policy) {
      const asked = { RoleName: role, PolicyType: 'System', PolicyName: policy }
      await unlessThere(call('ram:AttachPolicyToRole', home, asked).then(() => undefined))
    },

    async importImage({ object, tags, token, ...order }) {
      const answer = await call('ecs:ImportImage', object.region, {
        ImageName: order.name,
        Description: order.description,
        Architecture: order.architecture,
        OSType: 'linux',
        Platform: order.platform,
        BootMode: order.bootMode,
        'Features.NvmeSupport': order.nvme ? 'supported' : 'unsupported',
        DiskDeviceMapping: [
          {
            Format: 'QCOW2',
            OSSBucket: object.bucket,
            OSSObject: object.key,
            DiskImageSize: String(order.sizeGiB),
          },
        ],
        Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        ClientToken: token,
      })
      return { imageId: textOf(answer, 'ImageId') ?? '', taskId: textOf(answer, 'TaskId') ?? '' }
    },
    async importOf(region, imageId) {
      const answer = await call('ecs:DescribeTasks', region, { TaskAction: 'ImportImage', ResourceIds: [imageId] })
      const [task] = itemsOf(answer, 'TaskSet', 'Task')
      return task && { taskId: textOf(task, 'TaskId') ?? '', status: textOf(task, 'TaskStatus') ?? '' }
    },
    async whyFailed(region, taskId) {
      const answer = await call('ecs:DescribeTaskAttribute', region, { TaskId: taskId })
      const [first = {}] = itemsOf(answer, 'OperationProgressSet', 'OperationProgress')
      const said = [textOf(first, 'ErrorMsg'), textOf(first, 'ErrorCode')].filter((one) => one !== undefined)
      return said.length === 0 ? 'no reason given' : said.join(' · ')
    },
    async cancelTask(region, taskId) {
      await unlessGone(call('ecs:CancelTask', region, { TaskId: taskId }))
    },
    async setBoot(region, imageId, { bootMode, nvme }) {
      await call('ecs:ModifyImageAttribute', region, {
        ImageId: imageId,
        BootMode: bootMode,
        'Features.NvmeSupport': nvme ? 'supported' : 'unsupported',
      })
    },
  }
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '').toUpperCase()
}

/** What Sindri wrote on an object; nothing of what another hand did. */
function textOfMarks(header: string | undefined): Tags {
  try {
    const written = objectOf(JSON.parse(header ?? '{}'))
    return Object.fromEntries(Object.entries(written).flatMap(([key, value]) => [[key, String(value)]]))
  } catch {
    return {}
  }
}
