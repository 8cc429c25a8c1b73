'use strict'
// Prints `<n> passed, <n> failed, <n> skipped`, summed over result files (of vitest's JSON reporter, or like them).
// Fails when anything failed, nothing passed, or a file is missing: its tier did not come to an end.
const fs = require('fs')

const total = { passed: 0, failed: 0, skipped: 0 }
for (const file of process.argv.slice(2)) {
  if (!fs.existsSync(file)) {
    console.error(`${file} was not written`)
    total.failed += 1
    continue
  }
  const result = JSON.parse(fs.readFileSync(file, 'utf8'))
  // A file that cannot even be loaded holds no tests that could fail.
  const broken = (result.testResults || []).filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  )
  total.passed += result.numPassedTests
  total.failed += result.numFailedTests + broken.length
  total.skipped += result.numPendingTests + (result.numTodoTests || 0)
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
