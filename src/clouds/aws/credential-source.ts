/** Where credentials come from, by what the AWS SDK notes on them. https://github.com/aws/aws-sdk-js-v3 (@aws-sdk/types, 2026-11) */
const sources: readonly (readonly [mark: string, source: string])[] = [
  ['CREDENTIALS_ENV_VARS', 'AWS_ACCESS_KEY_ID of the environment'],
  ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'the token in AWS_WEB_IDENTITY_TOKEN_FILE'],
  ['CREDENTIALS_IMDS', 'the role of this instance'],
  ['CREDENTIALS_HTTP', 'the role of this container'],
]

/** In words; `profile` is the one that AWS_PROFILE or the config names. */
export function credentialSource(marks: readonly string[], profile = 'default'): string {
  const found = sources.find(([mark]) => marks.includes(mark))
  return found?.[1] ?? `the profile ${profile} of ~/.aws`
}
