import { expect, test } from 'vitest'
import { imageName, platformOf } from './image-name.ts'

const allowed = /^(?!aliyun|acs:)[A-Za-z][\w.:-]{1,127}$/

test('a name that Alibaba Cloud takes stays as it is', () => {
  expect(imageName('golden-1.4.2-20261121-debian12')).toBe('golden-1.4.2-20261121-debian12')
})

test('any other becomes one it takes, and two never become the same', () => {
  const part = 'x'.repeat(40)
  const names = ['7zip-1-20261121-debian12', 'aliyun-1-20261121-x', `${part}-${part}-20261121-${part}`]
  const made = [...names, `${part}-${part}-20261121-${part.slice(1)}y`, '7zip-1-20261121-debian13'].map(imageName)
  for (const name of made) expect(name).toMatch(allowed)
  expect(new Set(made).size).toBe(made.length)
})

test('systems by Alibaba Cloud’s names', () => {
  expect(['debian12', 'ubuntu24.04', 'centosstream9', 'rocky9', 'gardenlinux'].map(platformOf)).toEqual([
    ...['Debian', 'Ubuntu', 'CentOS Stream', 'Rocky Linux', 'Others Linux'],
  ])
})
