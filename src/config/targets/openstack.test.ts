import { expect, test } from 'vitest'
import { loadConfig } from '../load.ts'
import { releaseOf } from '../release.ts'

const released = (openstack: string) =>
  releaseOf(
    loadConfig(`name: a\nrelease:\n  version: "1"\n  targets:\n    openstack: ${openstack}\n`, 'sindri.yaml'),
    {},
  ).targets.openstack

test('nothing has to be said: all regions, qcow2 for KVM, by PUT, for nobody else', () => {
  expect(released('{}')).toEqual({
    ...{ regions: [], bestEffortRegions: [], hypervisor: 'kvm', diskFormat: 'qcow2', import: 'put' },
    ...{ projects: [], protected: false, properties: {} },
  })
  expect(released('{hypervisor: vmware}')?.diskFormat).toBe('vmdk')
  expect(released('{hypervisor: ironic, disk_format: raw}')?.diskFormat).toBe('raw')
})

const web = 'regions: [a], import: web-download'
test.each([
  ['{regions: [a, a]}', 'names a twice'],
  ['{regions: [a], best_effort_regions: [b]}', 'b is not one of the regions'],
  ['{regions: [a], best_effort_regions: [a]}', 'leaves no region that must work'],
  ['{hypervisor: vmware, disk_format: raw}', 'raw is nothing for vmware'],
  ['{disk_format: vmdk}', 'vmdk is nothing for kvm'],
  [`{${web}}`, 'import_url: is missing'],
  [`{${web}, import_url: "ftp://x/"}`, 'is not an http address'],
  ['{import_url: "http://x/"}', 'import_url: is nothing for import: put'],
  ['{properties: {visibility: public}}', 'visibility is not for you to set'],
  ['{properties: {"sindri:release": x}}', 'sindri:release is not for you to set'],
  ['{projects: ["a b"]}', 'is not the id of a project'],
])('%s is refused: %s', (openstack, message) => {
  const complaints = (): string => {
    try {
      released(openstack)
      return ''
    } catch (error) {
      return `${error} ${JSON.stringify(error)}`
    }
  }
  expect(complaints()).toContain(message)
})
