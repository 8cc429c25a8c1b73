import type { MetadataInstance } from './metadata.ts'

/** Categories and their values, in the order they are listed. */
export interface MetadataTree {
  readonly [name: string]: string | Buffer | MetadataTree
}

/**
 * Everything the metadata service knows of an instance, below the version in its paths.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories (2026-11)
 */
export function metadataTree(instance: MetadataInstance): MetadataTree {
  const address = instance.privateAddress.replace(/\/.*/, '')
  const groups = instance.securityGroups.join('\n')
  return {
    dynamic: { 'instance-identity': { document: identityDocument(instance, address) } },
    'meta-data': {
      'ami-id': instance.imageId,
      'ami-launch-index': '0',
      'ami-manifest-path': '(unknown)',
      'block-device-mapping': { ami: '/dev/xvda', root: '/dev/xvda' },
      hostname: instance.hostname,
      'instance-action': 'none',
      'instance-id': instance.id,
      'instance-life-cycle': 'on-demand',
      'instance-type': instance.type,
      'local-hostname': instance.hostname,
      'local-ipv4': address,
      mac: instance.mac,
      network: {
        interfaces: {
          macs: {
            [instance.mac]: {
              'device-number': '0',
              'interface-id': instance.id.replace(/^i-/, 'eni-'),
              'local-hostname': instance.hostname,
              'local-ipv4s': address,
              mac: instance.mac,
              'owner-id': instance.account,
              'public-ipv4s': instance.publicAddress,
              'security-groups': groups,
              'subnet-id': instance.subnetId,
              'vpc-id': instance.vpcId,
            },
          },
        },
      },
      placement: { 'availability-zone': instance.zone, region: instance.region },
      profile: 'default-hvm',
      'public-ipv4': instance.publicAddress,
      ...(instance.publicKey && {
        'public-keys': {
          [`0=${instance.publicKey.name}`]: { 'openssh-key': `${instance.publicKey.openssh.trim()}\n` },
        },
      }),
      'reservation-id': instance.reservationId,
      'security-groups': groups,
      services: { domain: 'amazonaws.com', partition: 'aws' },
      system: 'nitro',
    },
    ...(instance.userData && { 'user-data': Buffer.from(instance.userData, 'base64') }),
  }
}

function identityDocument(instance: MetadataInstance, privateIp: string): string {
  const document = {
    accountId: instance.account,
    // Families with a g after the generation (t4g, m7gd) have AWS's own processors.
    architecture: /^[a-z]+\d+g/.test(instance.type) ? 'arm64' : 'x86_64',
    availabilityZone: instance.zone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.imageId,
    instanceId: instance.id,
    instanceType: instance.type,
    kernelId: null,
    pendingTime: instance.launchedAt.replace(/\.\d+Z$/, 'Z'),
    privateIp,
    ramdiskId: null,
    region: instance.region,
    version: '2017-09-30',
  }
  return JSON.stringify(document, null, 2)
}
