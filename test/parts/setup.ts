import { buildStep } from '../../tools/build.ts'

/** Builds the CLI once, before any file of this tier runs it. */
export default async function setup(): Promise<void> {
  const built = await buildStep(true).run()
  if (built.state !== 'ok') throw new Error(`npm run build: ${built.note}`)
}
