import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { partsFolder } from '../../tools/parts-folder.ts'
import type { Sindri } from './sindri.ts'

const az = join(partsFolder(process.env), 'azure-cli/bin/az')

/** Whether it is not here; in CI the tests run all the same and fail. */
export const azIsMissing: boolean = !existsSync(az) && process.env.CI !== 'true'

/** Azure's own command line, logged in as the rehearsal's service principal. */
export async function openAz(sindri: Sindri): Promise<(...words: readonly string[]) => Promise<unknown>> {
  const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
  const own = { AZURE_CONFIG_DIR: join(sindri.folder, 'az'), AZURE_CORE_COLLECT_TELEMETRY: 'no' }
  const env = { ...process.env, ...rehearsed, ...own }
  const ask = async (...words: readonly string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(az, [...words, '--output', 'json', '--only-show-errors'], { env })
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }
  const { AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_TENANT_ID = '' } = rehearsed
  const account = ['--username', AZURE_CLIENT_ID, '--password', AZURE_CLIENT_SECRET, '--tenant', AZURE_TENANT_ID]
  await ask('login', '--service-principal', ...account)
  return ask
}
