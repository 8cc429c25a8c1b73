import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where `npm run parts` keeps what it builds, outside the clone: `$SINDRI_PARTS`, else `sindri/parts` in the user's
 * cache. In it are `packer`, `packer-plugin-amazon`, `plugins` (a PACKER_PLUGIN_PATH) and a Python venv for each part with `requirements.txt`.
 */
export function partsFolder(env: NodeJS.ProcessEnv): string {
  return env.SINDRI_PARTS || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri/parts')
}
