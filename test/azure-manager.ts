import { ClientSecretCredential } from '@azure/identity'
import { expect } from 'vitest'

/** Something that is asked of Resource Manager besides, as whom this environment names; by nothing of ours. */
export async function askManager(
  environment: Readonly<Record<string, string>>,
  method: 'POST' | 'PUT',
  path: string,
  body?: object,
): Promise<void> {
  const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = environment
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET)
  const { token } = await credential.getToken('https://management.azure.com/.default')
  const answer = await fetch(`https://management.azure.com${path}?api-version=2024-03-03`, {
    ...{ method, headers: { authorization: `Bearer ${token}` } },
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(answer.status).toBeLessThan(300)
}
