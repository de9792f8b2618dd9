import { BlockList, isIP } from 'node:net'

/** What is no public address of version 4: of this machine, of a local network, for tests, for many at once. */
const V4 = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  V4.addSubnet(net, bits, 'ipv4')

/** Of version 6 only 2000::/3 is out there; and of that not what carries an address of version 4, or is for examples. */
const PUBLIC_V6 = new BlockList()
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6')
const V6 = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  V6.addSubnet(net, bits, 'ipv6')

/** Whether an address (as text, no name) is anything but a public one of one machine. What is no address is. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return V4.check(address, 'ipv4')
  return version === 0 || !PUBLIC_V6.check(address, 'ipv6') || V6.check(address, 'ipv6')
}

/**
 * Whether a URL says so itself, in any way of writing an address: 127.1, one large number, mapped into version 6. What
 * a name leads to is seen when it is resolved.
 */
export function leadsInside(url: string): boolean {
  const host = hostOf(url)
  return /(?:^|\.)localhost\.?$/.test(host) || (isIP(host) !== 0 && isPrivateAddress(host))
}

/** Of a URL, without the brackets of version 6; the URL's own reading makes plain numbers of all ways to write one. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
}
