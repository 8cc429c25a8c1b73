import type { Json } from '../kit/json.ts'
import type { Operations } from './call.ts'
import type { BootVolumeRecord } from './records.ts'
import { found, listed, listedCompartment, listQuery, told } from './resource.ts'

function volumeOutput(volume: BootVolumeRecord): Json {
  const { availabilityDomain, imageId, sizeGb } = volume
  const sizes = { sizeInGBs: sizeGb, sizeInMBs: sizeGb * 1024, vpusPerGB: 10, isHydrated: true }
  return { ...told(volume), availabilityDomain, imageId, ...sizes, lifecycleState: 'AVAILABLE' }
}

/** Boot volumes come and go with their instances. https://docs.oracle.com/iaas/api/#/en/iaas/20160918/BootVolume (2026-11) */
export const volumeOperations: Operations = {
  ListBootVolumes: {
    pattern: 'GET bootVolumes',
    query: [...listQuery, 'availabilityDomain'],
    run(call) {
      const compartment = listedCompartment(call, ['VOLUME_INSPECT'])
      const volumes = Object.values(call.world.records.bootVolumes)
      return listed(
        call,
        volumes.filter(({ compartmentId }) => compartmentId === compartment),
        volumeOutput,
      )
    },
  },
  GetBootVolume: {
    pattern: 'GET bootVolumes/:id',
    run(call) {
      const volume = found(call.world.records.bootVolumes, call, call.at.id ?? '')
      call.allow(['VOLUME_INSPECT'], volume.compartmentId)
      return { json: volumeOutput(volume) }
    },
  },
}
