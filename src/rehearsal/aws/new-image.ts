import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import { newId } from './ids.ts'
import type { ImageRecord } from './records.ts'
import { account } from './signature.ts'

/** An image name as EC2 takes it. */
export function checkName(name: string): string {
  if (!/^[a-zA-Z0-9()[\]. \-/'@_]{3,128}$/.test(name)) {
    throw awsError(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '[', ']', ' ', '.', '/', '-', ''', '@' and '_'",
    )
  }
  return name
}

/** The name asked for, which no image of the region has yet. CopyImage does not look. */
export function checkNewName(call: Call): string {
  const name = checkName(call.input.need('Name'))
  const other = Object.values(call.here.images).find((image) => image.name === name)
  if (other !== undefined)
    throw awsError('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${other.id}`)
  return name
}

/** What a new image is made with. */
export type Making = Pick<ImageRecord, 'name' | 'architecture' | 'rootDevice' | 'ena' | 'mappings'> &
  Partial<Pick<ImageRecord, 'bootMode' | 'sriov' | 'tpm' | 'imds' | 'uefiData' | 'source' | 'failure'>>

/** Records an image of the account. */
export function addImage(call: Call, durationMs: number, making: Making, tags: ImageRecord['tags']): ImageRecord {
  const image: ImageRecord = {
    id: newId('ami'),
    owner: account,
    description: call.input.text('Description') ?? '',
    createdAt: call.now,
    availableAt: call.now + durationMs,
    permissions: [],
    tags,
    ...making,
  }
  call.here.images[image.id] = image
  return image
}
