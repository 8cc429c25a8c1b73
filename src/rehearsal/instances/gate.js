// The gate of one machine, a program of its own: started in the machine's network namespace (but with the host's
// files), it is the machine's only way in and out, and its keeper: when the machine ends the gate ends, and when the
// gate is killed the machine dies. Its one argument is the machine's folder; `gate.json` in it says the rest:
//
//   ip        lines for `ip -batch` that give the namespace its addresses
//   doors     [{ listen: { host, port } | { path }, to: { host, port } | { path } }], each connection is handed on
//   names     host name → IPv4 address, what the machine's resolver knows
//   resolver  the address the resolver answers on
//   command   the argv that becomes the machine
//   env       its environment
//   disk      the disk of the machine
//   cgroups   folders to remove in the end
//
// It writes `machine.json`, by which any process can find and end it, before it does anything that would be left over.
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import {
  constants,
  createWriteStream,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { pipeline } from 'node:stream'

const consoleLimit = 4 * 1024 * 1024

let machine
// Heard from the beginning: one that ended in the middle of starting its machine would leave it behind.
process.on('SIGTERM', () => {
  if (machine === undefined) end('ended before the machine was started')
  stopMachine(machine.pid)
  // It hears nothing before it has set itself up.
  setInterval(() => stopMachine(machine.pid), 500)
})

process.chdir(process.argv[2] ?? '.')
const { ip, doors, names, resolver, command, env, disk, cgroups } = JSON.parse(readFileSync('gate.json', 'utf8'))

// The start time, field 22 of proc_pid_stat(5), tells this process from a later one with the same pid.
const startTime = readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /, '').split(' ')[19]
const state = { disk, gate: { pid: process.pid, startTime }, cgroups }
writeFileSync('machine.json.new', JSON.stringify(state), { mode: 0o600 })
renameSync('machine.json.new', 'machine.json')
execFileSync('ip', ['-batch', '-'], { input: ip.join('\n'), env, stdio: ['pipe', 'inherit', 'inherit'] })
await Promise.all([...doors.map(openDoor), answerNames()])
machine = spawnMachine()

function openDoor({ listen, to }) {
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ ...to, allowHalfOpen: true })
    pipeline(inner, outer, () => undefined)
    pipeline(outer, inner, () => undefined)
  })
  // Nothing inside may use up what the host's end of the door can open.
  server.maxConnections = 128
  if (listen.path !== undefined) rmSync(listen.path, { force: true })
  return new Promise((resolve, reject) => server.on('error', reject).listen(listen, resolve))
}

/** A resolver for A records (RFC 1035): what it does not know does not exist. */
function answerNames() {
  const socket = createSocket('udp4', (query, from) => {
    const answer = answerTo(query)
    if (answer !== undefined) socket.send(answer, from.port, from.address)
  })
  return new Promise((resolve, reject) => socket.on('error', reject).bind(53, resolver, resolve))
}

function answerTo(query) {
  if (query.length < 17 || query.readUInt16BE(4) !== 1) return undefined
  const labels = []
  let at = 12
  while (at < query.length && query[at] !== 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]))
    at += 1 + query[at]
  }
  if (at + 5 > query.length) return undefined
  const name = labels.join('.').toLowerCase()
  const address = Object.hasOwn(names, name) ? names[name] : undefined
  const found = address !== undefined && query.readUInt16BE(at + 1) === 1
  const header = Buffer.from(query.subarray(0, 12))
  // An authoritative response; NXDOMAIN unless the name has an address (then other types have no records).
  header.writeUInt16BE(address === undefined ? 0x8583 : 0x8580, 2)
  header.writeUInt16BE(found ? 1 : 0, 6)
  header.fill(0, 8)
  const question = query.subarray(12, at + 5)
  if (!found) return Buffer.concat([header, question])
  // The name of the question (a pointer to it), type A, class IN, for 60 seconds, 4 bytes.
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([header, question, record])
}

function spawnMachine() {
  // A FIFO and not a socket pair, so that programs inside can open /dev/console.
  rmSync('console', { force: true })
  execFileSync('mkfifo', ['-m', '600', 'console'], { env })
  const reading = openSync('console', constants.O_RDONLY | constants.O_NONBLOCK)
  const writing = openSync('console', constants.O_RDWR)
  new Socket({ fd: reading, readable: true, writable: false }).on('data', keepConsole())
  const own = { ...env, SINDRI_GATE: String(process.pid) }
  const child = spawn(command[0], command.slice(1), { env: own, stdio: ['ignore', writing, writing] })
  child.on('error', (error) => end(String(error)))
  child.on('exit', () => setTimeout(end, 100))
  return child
}

function keepConsole() {
  let log = createWriteStream('console.log', { flags: 'a', mode: 0o600 })
  let size = statSync('console.log', { throwIfNoEntry: false })?.size ?? 0
  return (chunk) => {
    size += chunk.length
    if (size > consoleLimit) {
      log.destroy()
      truncateSync('console.log')
      log = createWriteStream('console.log', { flags: 'a', mode: 0o600 })
      size = chunk.length
    }
    log.write(chunk)
  }
}

/** SIGTERM to the machine's process 1, which is the only child of the `unshare` that was spawned. */
function stopMachine(pid) {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent === pid) process.kill(Number(name), 'SIGTERM')
    } catch {
      // It ended while it was looked at.
    }
  }
}

function end(problem) {
  for (const folder of cgroups) {
    try {
      rmdirSync(folder)
    } catch {
      // Already gone, or not yet empty: then the sweep removes it.
    }
  }
  if (problem) process.stderr.write(`${problem}\n`)
  process.exit(problem ? 1 : 0)
}
