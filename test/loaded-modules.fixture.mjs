// Loaded with --import: writes the URL of every module the process loads to $LOADED_MODULES when it ends.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const urls = []
registerHooks({
  load(url, context, next) {
    urls.push(url)
    return next(url, context)
  },
})
process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, urls.join('\n')))
