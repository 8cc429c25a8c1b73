import { expect, test } from 'vitest'
import { expand } from './expressions.ts'

const scope = {
  subscription: 's',
  group: 'g',
  location: 'westeurope',
  parameters: { name: 'vm', none: '' },
  variables: {
    id: "[resourceId(variables('group'), 'Microsoft.Network/virtualNetworks', 'net')]",
    group: '[resourceGroup().name]',
  },
}

test.each([
  ['plain', 'plain'],
  ["[[parameters('name')]", "[parameters('name')]"],
  ["[parameters('NAME')]", 'vm'],
  ["[concat('it''s ', parameters('name'), '/', 2)]", "it's vm/2"],
  ["[variables('id')]", '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net'],
  [
    "[concat(variables('id'), '/subnets/a')]",
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net/subnets/a',
  ],
  [
    "[resourceId('Microsoft.Compute/galleries/images', 'a', 'b')]",
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b',
  ],
  [
    "[resourceId('t', 'h', 'Microsoft.Compute/disks/', 'd')]",
    '/subscriptions/t/resourceGroups/h/providers/Microsoft.Compute/disks/d',
  ],
  ["[not(empty(parameters('none')))]", false],
  ["[if(equals(parameters('name'), 'vm'), 'yes', 'no')]", 'yes'],
])('%s', (written, value) => {
  expect(expand(written, scope)).toEqual(value)
  expect(expand({ a: [written] }, scope)).toEqual({ a: [value] })
})

test('what is not understood, not there or not known is refused', () => {
  for (const wrong of ["[parameters('other')]", '[concat(]', "[concat('a']", "['a' 'b']", '[resourceId(1)]', '[#]'])
    expect(() => expand(wrong, scope), wrong).toThrow('validation failed')
  expect(() => expand('[uniqueString(1)]', scope)).toThrow('does not implement the function uniqueString')
})
