import { randomBytes } from 'node:crypto'
import { type Json, objectsIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { vcnOf } from './network.ts'
import { invalid, notFound, ociError } from './oci-error.ts'
import type { SecurityGroupRecord, SecurityRule } from './records.ts'
import { found, listed, listedCompartment, listQuery, once, pageOf, requiredIn, resourceIn, told } from './resource.ts'
import { anywhere } from './statements.ts'
import { instanceState } from './states.ts'

const mostRules = 120

function groupOutput(group: SecurityGroupRecord): Json {
  return { ...told(group), vcnId: group.vcnId, lifecycleState: 'AVAILABLE' }
}

function group(call: Call, permission: string): SecurityGroupRecord {
  const one = found(call.world.records.securityGroups, call, call.at.id ?? '')
  call.allow([permission], one.compartmentId)
  return one
}

function ruleIn(rule: Json): SecurityRule {
  const direction = requiredIn(rule, 'direction')
  requiredIn(rule, 'protocol')
  requiredIn(rule, direction === 'EGRESS' ? 'destination' : 'source')
  const id = randomBytes(3).toString('hex').toUpperCase()
  return { ...rule, id, isStateless: rule.isStateless === true, isValid: true }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/NetworkSecurityGroup and …/SecurityRule (2026-11) */
export const securityGroupOperations: Operations = {
  ListNetworkSecurityGroups: {
    pattern: 'GET networkSecurityGroups',
    query: [...listQuery, 'vcnId'],
    run(call) {
      const compartment = listedCompartment(call, ['NETWORK_SECURITY_GROUP_READ'])
      const groups = Object.values(call.world.records.securityGroups)
      return listed(
        call,
        groups.filter(({ compartmentId }) => compartmentId === compartment),
        groupOutput,
      )
    },
  },
  GetNetworkSecurityGroup: {
    pattern: 'GET networkSecurityGroups/:id',
    run: (call) => ({ json: groupOutput(group(call, 'NETWORK_SECURITY_GROUP_READ')) }),
  },
  CreateNetworkSecurityGroup: {
    pattern: 'POST networkSecurityGroups',
    body: ['compartmentId', 'vcnId', 'displayName', 'freeformTags', 'definedTags'],
    async run(call) {
      const { securityGroups } = call.world.records
      const made = await once(call, securityGroups, () => {
        const resource = resourceIn(call, 'networksecuritygroup')
        call.allow(['NETWORK_SECURITY_GROUP_CREATE'], resource.compartmentId)
        call.allow(['VCN_ATTACH'], anywhere)
        const vcnId = requiredIn(call.body, 'vcnId')
        if (vcnId !== vcnOf(call.region)) throw notFound()
        const record: SecurityGroupRecord = { ...resource, vcnId, rules: [] }
        securityGroups[record.id] = record
        return record
      })
      return { json: groupOutput(made) }
    },
  },
  DeleteNetworkSecurityGroup: {
    pattern: 'DELETE networkSecurityGroups/:id',
    run(call) {
      const { instances, securityGroups } = call.world.records
      const { id } = group(call, 'NETWORK_SECURITY_GROUP_DELETE')
      call.allow(['VCN_DETACH'], anywhere)
      const used = Object.values(instances).find(
        (one) => instanceState(one, call.now) !== 'TERMINATED' && one.nsgIds.includes(id),
      )
      if (used !== undefined)
        throw ociError('Conflict', `The network security group ${id} has the VNIC ${used.vnicId}.`)
      delete securityGroups[id]
      return {}
    },
  },
  ListNetworkSecurityGroupSecurityRules: {
    pattern: 'GET networkSecurityGroups/:id/securityRules',
    query: ['direction', 'limit', 'page'],
    run(call) {
      const { rules } = group(call, 'NETWORK_SECURITY_GROUP_LIST_SECURITY_RULES')
      const direction = call.query.get('direction')
      return pageOf(
        call,
        rules.filter((rule) => direction === null || rule.direction === direction),
      )
    },
  },
  AddNetworkSecurityGroupSecurityRules: {
    pattern: 'POST networkSecurityGroups/:id/actions/addSecurityRules',
    body: ['securityRules'],
    run(call) {
      const own = group(call, 'NETWORK_SECURITY_GROUP_UPDATE_SECURITY_RULES')
      const added = objectsIn(call.body.securityRules).map(ruleIn)
      if (own.rules.length + added.length > mostRules) throw invalid(`A group has at most ${mostRules} rules`)
      own.rules = [...own.rules, ...added]
      return { json: { securityRules: added } }
    },
  },
}
