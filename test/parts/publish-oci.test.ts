import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { partsFolder } from '../../tools/parts-folder.ts'
import { killedPublish, missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const run = promisify(execFile)
const missing = await missingPart()
const cli = join(partsFolder(process.env), 'oci-cli/bin/oci')
const lacking = process.env.CI !== 'true' && !existsSync(cli)
// Where the rehearsal is when nothing else is said.
const compartment = 'ocid1.compartment.oc1..aaaaaaaarehearsed'
const [home, other] = ['eu-frankfurt-1', 'us-phoenix-1'] as const

describe.skipIf(missing !== undefined)(
  `a finished Debian, published to Oracle Cloud (${missing ?? 'rehearsed'})`,
  () => {
    let sindri: Sindri
    let published: PublishResult
    let environment: NodeJS.ProcessEnv

    /** Oracle's own command line. */
    async function oci<T>(region: string, ...words: readonly string[]): Promise<T> {
      const { stdout } = await run(cli, [...words, '--region', region], { env: environment })
      return (stdout === '' ? undefined : JSON.parse(stdout).data) as T
    }

    async function held() {
      return (await sindri.status()).resources.oci[compartment]
    }

    beforeAll(async () => {
      sindri = await openSindri()
      await sindri.putDebian()
      await sindri.release({ oci: { regions: [home, other], compartment_ocid: compartment, bucket: 'passing' } })
      await sindri.json('rehearsal', 'up')
      const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
      environment = { ...process.env, ...rehearsed }
    })

    afterAll(async () => {
      expect(await sindri.close()).toEqual([])
    })

    test('a publish that is killed in the middle is continued with the printed statements, and makes everything once', async () => {
      await sindri.enforce(await sindri.json<readonly string[]>('vm', 'permissions', '--publish'))
      await killedPublish(sindri, 'UploadPart', 1)
      published = await sindri.json('vm', 'publish', '--rehearse')
      expect(published.images.map(({ region }) => region)).toEqual([home, other])
      expect(await sindri.requested('CreateMultipartUpload')).toBe(1)
      expect(await held()).toMatchObject({
        images: published.images.map(({ image_id: id, region }) => ({ id, region, state: 'AVAILABLE' })),
        buckets: [{ name: 'passing', region: home, objects: [], uploads: [], preauthenticatedRequests: [] }],
      })
      const verified: VerifyResult = await sindri.json('vm', 'verify', '--rehearse')
      expect(verified).toMatchObject({ drift: [], images: published.images })
      expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ changed: [], sent_bytes: 0 })
      await sindri.json('rehearsal', 'up', '--policy', 'none')
    })

    test('the image in the other region is that disk: an instance of it runs', async () => {
      const id = published.images[1]?.image_id ?? ''
      const words = ['vm', 'deploy', id, '--cloud', 'oci', '--region', other, '--ssh-user', 'debian', '--rehearse']
      const deployment: Deployment = await sindri.json(...words, '--instance-type', 'VM.Standard.E4.Flex')
      await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
      expect(await ssh(deployment, '. /etc/os-release; echo $ID$VERSION_ID')).toBe('debian12')
      const where = ['--cloud', 'oci', '--region', other, '--force', '--rehearse']
      await sindri.json('vm', 'terminate', deployment.instance_id, ...where)
    })

    test.skipIf(lacking)(
      'Oracle’s own command line reads the image and how it is launched, and verify tells its change',
      async () => {
        const id = published.images[0]?.image_id ?? ''
        expect(await oci(home, 'compute', 'image', 'get', '--image-id', id)).toMatchObject({
          'display-name': published.release,
          'lifecycle-state': 'AVAILABLE',
          'launch-mode': 'PARAVIRTUALIZED',
          'operating-system': 'debian',
        })
        const of = ['compute', 'image-capability-schema']
        const [schema]: readonly { readonly id: string }[] = await oci(home, ...of, 'list', '--image-id', id)
        expect(schema).toMatchObject({ 'schema-data': { 'Compute.Firmware': { 'default-value': 'UEFI_64' } } })
        const named = ['--image-capability-schema-id', schema?.id ?? '']
        await oci(home, ...of, 'delete', ...named, '--force')
        const { code, stdout } = await sindri.run('vm', 'verify', '--rehearse')
        expect(code).toBe(5)
        expect(stdout).toContain(`how instances of the image in ${home} are launched: is not said`)
        await sindri.json('vm', 'publish', '--rehearse')
      },
    )

    test.skipIf(lacking)(
      'Oracle’s own command line sends a file in parts, gets it back, and imports a disk that qemu-img wrote',
      async () => {
        const file = (name: string): string => join(sindri.folder, name)
        await writeFile(file('disk'), randomBytes(21 * 1024 * 1024 + 5))
        execFileSync('qemu-img', ['convert', '-O', 'qcow2', '-f', 'raw', file('disk'), file('disk.qcow2')])
        const object = ['--bucket-name', 'passing', '--name', 'disk.qcow2']
        await oci(home, 'os', 'object', 'put', ...object, '--file', file('disk.qcow2'), '--part-size', '10')
        expect(await sindri.requested('CommitMultipartUpload')).toBe(2)
        await run(cli, ['os', 'object', 'get', ...object, '--file', file('back'), '--region', home], {
          env: environment,
        })
        expect((await readFile(file('back'))).equals(await readFile(file('disk.qcow2')))).toBe(true)

        const namespace: string = await oci(home, 'os', 'ns', 'get')
        const { id }: { readonly id: string } = await oci(
          ...([
            home,
            'compute',
            'image',
            'import',
            'from-object',
            '-c',
            compartment,
            '--namespace',
            namespace,
          ] as const),
          ...[...object, '--source-image-type', 'QCOW2', '--launch-mode', 'PARAVIRTUALIZED', '--display-name', 'mine'],
          ...['--operating-system', 'Debian', '--operating-system-version', '12'],
        )
        const state = async () => (await held())?.images.find((image) => image.id === id)
        await expect.poll(state, { timeout: 20_000 }).toMatchObject({ state: 'AVAILABLE' })
        await oci(home, 'compute', 'image', 'delete', '--image-id', id, '--force')
        await oci(home, 'os', 'object', 'delete', ...object, '--force')
      },
    )

    test('unpublishing leaves the bucket, and nothing in it', async () => {
      await sindri.json('vm', 'unpublish', '--force', '--rehearse')
      expect(await held()).toMatchObject({ images: [], instances: [], bootVolumes: [], buckets: [{ objects: [] }] })
    })
  },
)
