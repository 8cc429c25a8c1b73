import type { Operations } from './call.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { regionNames } from './places.ts'

/** https://cloud.google.com/compute/resource-usage (2026-11); new projects have fewer. */
const imageLimit = 2000

/** A project with its quota of images, and its regions. */
export const projectOperations: Operations = {
  'compute.projects.get': {
    pattern: 'GET projects/:project',
    permissions: ['compute.projects.get'],
    run: ({ at, path, world }) => {
      const usage = Object.values(world.records.images).filter(({ project }) => project === at.project).length
      return {
        ...{ kind: 'compute#project', id: '100000000001', name: at.project, selfLink: urlOf(path) },
        commonInstanceMetadata: { items: [] },
        quotas: [{ metric: 'IMAGES', limit: imageLimit, usage }],
      }
    },
  },
  'compute.regions.list': {
    pattern: 'GET projects/:project/regions',
    permissions: ['compute.regions.list'],
    query: listQuery,
    run: (call) => {
      const project = call.at.project ?? ''
      const regions = regionNames.map((name) => {
        return { id: '1000', name, project, path: `${call.path}/${name}`, createdAt: 0 }
      })
      return listed(call, 'compute#regionList', regions, ({ name, path }) => {
        return { kind: 'compute#region', name, status: 'UP', selfLink: urlOf(path) }
      })
    },
  },
}
