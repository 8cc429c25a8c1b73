import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { hasCode, SindriError } from '../../core/error.ts'

const mostCharacters = 64 * 1024
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * What RegisterImage takes as variables of the firmware, read from a file in base64.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/uefi-variables.html (2026-11)
 * @throws SindriError `config` where the file is missing, is no base64, or is too large
 */
export async function readUefiData(file: string, folder: string): Promise<string> {
  const wrong = (what: string, hint: string): SindriError =>
    new SindriError('config', `release.targets.aws.uefi_data: ${file} ${what}`, { hint })
  let text: string
  try {
    text = (await readFile(resolve(folder, file), 'latin1')).replaceAll(/\s/g, '')
  } catch (error) {
    if (!(hasCode(error, 'ENOENT') || hasCode(error, 'EISDIR'))) throw error
    throw wrong('is no file', 'paths begin in the folder in which sindri runs')
  }
  if (!base64.test(text) || text.length % 4 !== 0)
    throw wrong(
      'is not base64',
      'write it by uefivars -i edk2 -o aws, or read it off an image with GetInstanceUefiData',
    )
  if (text.length > mostCharacters)
    throw wrong(`has ${text.length} characters, and AWS takes ${mostCharacters}`, 'leave variables out')
  return text
}
