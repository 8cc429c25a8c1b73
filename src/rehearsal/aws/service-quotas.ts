import { notImplemented } from './aws-error.ts'
import type { Operations } from './call.ts'
import { account } from './signature.ts'

/** How many images an account may have public in one region, unless it asked for more. */
export const publicImagesQuota = 5

/** https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html (2026-11) */
export const serviceQuotaOperations: Operations = {
  GetServiceQuota: {
    supports: ['ServiceCode', 'QuotaCode'],
    resources: () => ['*'],
    run: ({ input, region }) => {
      const code = input.need('QuotaCode')
      const service = input.need('ServiceCode')
      if (service !== 'ec2' || code !== 'L-0E3CBAB9') throw notImplemented(`the quota ${code} of ${service}`)
      return {
        Quota: {
          ServiceCode: service,
          ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
          QuotaArn: `arn:aws:servicequotas:${region}:${account}:${service}/${code}`,
          QuotaCode: code,
          QuotaName: 'Public AMIs',
          Value: publicImagesQuota,
          Unit: 'None',
          Adjustable: true,
          GlobalQuota: false,
        },
      }
    },
  },
}
