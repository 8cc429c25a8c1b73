import type { Json } from '../kit/json.ts'
import { account, temporary } from './signature.ts'

/** https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity (2026-11); needs no permission. */
export function callerIdentity(keyId: string): Json {
  const role = keyId === temporary.id
  return {
    ...{ AccountId: account, IdentityType: role ? 'AssumedRoleUser' : 'RAMUser' },
    ...{ Arn: role ? `acs:ram::${account}:assumed-role/rehearsal/session` : `acs:ram::${account}:user/rehearsal` },
    ...{ UserId: '216959339000654321', PrincipalId: '216959339000654321' },
  }
}

/** Where a service answers for a region. https://help.aliyun.com/document_detail/29739.html (DescribeEndpoints, 2026-11) */
export function endpoints(parameters: ReadonlyMap<string, string>): Json {
  const Id = parameters.get('Id') ?? ''
  const code = parameters.get('ServiceCode') ?? ''
  const Endpoint =
    Id === 'cn-hangzhou' && code === 'ecs' ? 'ecs-cn-hangzhou.aliyuncs.com' : `${code}.${Id}.aliyuncs.com`
  return {
    Success: true,
    Endpoints: {
      Endpoint: [
        {
          Id,
          SerivceCode: code,
          Endpoint,
          Type: 'openAPI',
          Namespace: '',
          Protocols: { Protocols: ['HTTP', 'HTTPS'] },
        },
      ],
    },
  }
}
