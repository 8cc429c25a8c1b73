import { objectIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { findImage } from './find-image.ts'
import type { CapabilityRecord } from './records.ts'
import { found, listed, once, pageOf, requiredIn, resourceIn, told } from './resource.ts'

/** The schema that Oracle has for all images: https://docs.oracle.com/iaas/Content/Compute/Tasks/configuringimagecapabilities.htm (2026-11) */
const globalId = `ocid1.computeglobalimgcapschema.oc1..${'a'.repeat(60)}`
const versionName = '6a1e2c0c-9d0b-4bd7-a6a5-1f0b3f5f7a10'
const published = '2025-10-31T12:00:00.000Z'

function choice(values: readonly string[], defaultValue: string): object {
  return { descriptorType: 'enumstring', source: 'GLOBAL', values, defaultValue }
}

const schemaData = {
  'Compute.Firmware': choice(['BIOS', 'UEFI_64'], 'UEFI_64'),
  'Compute.LaunchMode': choice(['NATIVE', 'EMULATED', 'PARAVIRTUALIZED', 'CUSTOM'], 'PARAVIRTUALIZED'),
  'Network.AttachmentType': choice(['E1000', 'VFIO', 'PARAVIRTUALIZED'], 'PARAVIRTUALIZED'),
  'Storage.BootVolumeType': choice(['ISCSI', 'SCSI', 'IDE', 'PARAVIRTUALIZED'], 'PARAVIRTUALIZED'),
  'Storage.LocalDataVolumeType': choice(['ISCSI', 'SCSI', 'IDE', 'VFIO', 'PARAVIRTUALIZED'], 'PARAVIRTUALIZED'),
  'Storage.RemoteDataVolumeType': choice(['ISCSI', 'SCSI', 'IDE', 'VFIO', 'PARAVIRTUALIZED'], 'PARAVIRTUALIZED'),
  'Storage.ConsistentVolumeNaming': { descriptorType: 'boolean', source: 'GLOBAL', defaultValue: true },
}

function capabilityOutput(record: CapabilityRecord) {
  const { imageId, versionName: computeGlobalImageCapabilitySchemaVersionName, schemaData } = record
  return {
    ...told(record),
    ...{ imageId, schemaData, computeGlobalImageCapabilitySchemaVersionName, lifecycleState: 'ACTIVE' },
    computeGlobalImageCapabilitySchemaId: globalId,
  }
}

const of = 'COMPUTE_IMAGE_CAPABILITY_SCHEMA'

/** The one that is asked for, by whom may do this with it. */
function schemaOf(call: Call, verb: 'READ' | 'UPDATE' | 'DELETE'): CapabilityRecord {
  const record = found(call.world.records.capabilities, call, call.at.id ?? '')
  call.allow([`${of}_${verb}`], record.compartmentId)
  return record
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/ComputeImageCapabilitySchema (2026-11) */
export const capabilityOperations: Operations = {
  ListComputeImageCapabilitySchemas: {
    pattern: 'GET computeImageCapabilitySchemas',
    query: ['compartmentId', 'imageId', 'limit', 'page'],
    run(call) {
      const imageId = call.query.get('imageId')
      const image = findImage(call, imageId ?? '')
      call.allow([`${of}_INSPECT`], image.compartmentId)
      const known = Object.values(call.world.records.capabilities).filter((one) => one.imageId === imageId)
      return listed(call, known, capabilityOutput)
    },
  },
  CreateComputeImageCapabilitySchema: {
    pattern: 'POST computeImageCapabilitySchemas',
    body: [
      ...['compartmentId', 'imageId', 'displayName', 'schemaData', 'computeGlobalImageCapabilitySchemaVersionName'],
      ...['freeformTags', 'definedTags'],
    ],
    async run(call) {
      const { capabilities } = call.world.records
      const made = await once(call, capabilities, () => {
        const resource = resourceIn(call, 'computeimagecapabilityschema')
        call.allow([`${of}_CREATE`], resource.compartmentId)
        const imageId = findImage(call, requiredIn(call.body, 'imageId')).id
        const record = { ...resource, imageId, versionName, schemaData: objectIn(call.body.schemaData) }
        capabilities[record.id] = record
        return record
      })
      return { json: capabilityOutput(made) }
    },
  },
  UpdateComputeImageCapabilitySchema: {
    pattern: 'PUT computeImageCapabilitySchemas/:id',
    body: ['schemaData', 'freeformTags', 'definedTags', 'displayName'],
    run(call: Call) {
      const record = schemaOf(call, 'UPDATE')
      record.schemaData = objectIn(call.body.schemaData)
      return { json: capabilityOutput(record) }
    },
  },
  GetComputeImageCapabilitySchema: {
    pattern: 'GET computeImageCapabilitySchemas/:id',
    run: (call: Call) => ({ json: capabilityOutput(schemaOf(call, 'READ')) }),
  },
  DeleteComputeImageCapabilitySchema: {
    pattern: 'DELETE computeImageCapabilitySchemas/:id',
    run(call: Call) {
      const record = schemaOf(call, 'DELETE')
      delete call.world.records.capabilities[record.id]
      return {}
    },
  },
  ListComputeGlobalImageCapabilitySchemas: {
    pattern: 'GET computeGlobalImageCapabilitySchemas',
    query: ['compartmentId', 'displayName', 'limit', 'page'],
    run(call) {
      call.allow(['COMPUTE_GLOBAL_IMAGE_CAPABILITY_SCHEMA_INSPECT'], 'tenancy')
      const words = {
        id: globalId,
        currentVersionName: versionName,
        displayName: 'OCI.ComputeGlobalImageCapabilitySchema',
      }
      return pageOf(call, [{ ...words, timeCreated: published, compartmentId: null }])
    },
  },
  GetComputeGlobalImageCapabilitySchemaVersion: {
    pattern: 'GET computeGlobalImageCapabilitySchemas/:id/versions/:version',
    run(call) {
      call.allow(['COMPUTE_GLOBAL_IMAGE_CAPABILITY_SCHEMA_READ'], 'tenancy')
      const words = { name: versionName, computeGlobalImageCapabilitySchemaId: globalId, displayName: versionName }
      return { json: { ...words, schemaData, timeCreated: published } }
    },
  },
}
