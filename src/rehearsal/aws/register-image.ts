import { awsError, notImplemented } from './aws-error.ts'
import { blockDeviceMembers, overlaidDevices, type WantedDisk } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { findSnapshot } from './find.ts'
import { addImage, checkNewName } from './new-image.ts'
import { snapshotState } from './states.ts'
import { checkTagKinds, requestedTags } from './tags.ts'

/** Rules about each disk. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html (2026-11) */
function checkDisk(call: Call, { snapshotId, encryptedAsked, kmsKeyId }: WantedDisk): void {
  if (kmsKeyId !== undefined)
    throw awsError('InvalidParameterCombination', 'The parameter KmsKeyId is not supported by RegisterImage.')
  if (snapshotId === undefined) return
  if (encryptedAsked !== undefined) {
    throw awsError(
      'InvalidParameterCombination',
      `The parameter Encrypted must be left out for a disk from a snapshot: it is encrypted as ${snapshotId} is.`,
    )
  }
  if (snapshotState(findSnapshot(call, snapshotId), call.now).state !== 'completed')
    throw awsError('IncorrectState', `The snapshot ${snapshotId} is not in the completed state.`)
}

const longestDescription = 255
const mostUefiDataBytes = 64 * 1024

/**
 * Rules about booting. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-boot.html and
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/enable-nitrotpm-prerequisites.html (2026-11)
 */
function checkBoot({ input }: Call): void {
  // Without a word EC2 registers a paravirtual image, which no instance type of today starts.
  const virtualization = input.text('VirtualizationType') ?? 'paravirtual'
  if (virtualization !== 'hvm') throw notImplemented(`the virtualization type ${virtualization} of RegisterImage`)
  const mode = input.text('BootMode')
  const architecture = input.text('Architecture') ?? 'i386'
  if (architecture === 'arm64' && mode !== undefined && mode !== 'uefi')
    throw awsError('InvalidParameterCombination', `The boot mode ${mode} is not supported by the architecture arm64.`)
  if (input.text('TpmSupport') !== undefined && mode !== 'uefi')
    throw awsError('InvalidParameterCombination', 'The parameter TpmSupport requires the boot mode uefi.')
  const uefiData = input.text('UefiData')
  if (uefiData === undefined) return
  if (mode !== 'uefi' && mode !== 'uefi-preferred')
    throw awsError(
      'InvalidParameterCombination',
      'The parameter UefiData requires the boot mode uefi or uefi-preferred.',
    )
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(uefiData) || uefiData.length > mostUefiDataBytes)
    throw awsError('InvalidParameterValue', 'The parameter UefiData is not valid Base64 of at most 64 KB.')
}

function registerImage(call: Call): string {
  const { input } = call
  checkTagKinds(input, ['image'])
  const name = checkNewName(call)
  const root = input.text('RootDeviceName')
  if (root === undefined) throw awsError('MissingParameter', 'The request must contain the parameter rootDeviceName')
  if ((input.text('Description') ?? '').length > longestDescription)
    throw awsError('InvalidParameterValue', `The description is longer than ${longestDescription} characters.`)
  const sriov = input.text('SriovNetSupport')
  if (sriov !== undefined && sriov !== 'simple')
    throw awsError('InvalidParameterValue', `Value (${sriov}) for parameter sriovNetSupport is invalid.`)
  checkBoot(call)
  const mappings = overlaidDevices(call, [], input.many('BlockDeviceMappings'))
  if (mappings.find((each) => each.device === root)?.snapshotId === undefined) {
    throw awsError('InvalidBlockDeviceMapping', `The root device ${root} has no snapshot in the block device mapping`)
  }
  for (const mapping of mappings) checkDisk(call, mapping)
  const bootMode = input.text('BootMode')
  const tpm = input.text('TpmSupport')
  const imds = input.text('ImdsSupport')
  const uefiData = input.text('UefiData')
  const image = addImage(
    call,
    0,
    {
      name,
      architecture: input.text('Architecture') ?? 'i386',
      rootDevice: root,
      ena: input.flag('EnaSupport') ?? false,
      ...(bootMode && { bootMode }),
      ...(tpm && { tpm }),
      ...(imds && { imds }),
      ...(sriov && { sriov }),
      ...(uefiData && { uefiData }),
      mappings: mappings.map(({ kmsKeyId, encryptedAsked, ...mapping }) => mapping),
    },
    requestedTags(input, 'image'),
  )
  return image.id
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html (2026-11) */
export const registerImageOperation: Operations = {
  RegisterImage: {
    supports: [
      'Name',
      'Description',
      'Architecture',
      'BootMode',
      'EnaSupport',
      'ImdsSupport',
      'RootDeviceName',
      'SriovNetSupport',
      'TagSpecifications',
      'TpmSupport',
      'UefiData',
      'VirtualizationType',
      ...blockDeviceMembers,
    ],
    creates: ['image'],
    run: (call) => ({ ImageId: registerImage(call) }),
  },
}
