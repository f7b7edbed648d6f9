import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

import { quote } from './readers';
import { SettingError, type Reader } from './variables';

/** Where a server of the inbox listens. */
export interface Address {
	host: string;
	port: number;
}

/**
 * The production URL of a KoeIQ Trigger.
 *
 * @param own where the inbox itself listens
 * @param what it has to be in words; `isTest` lets a Test URL through
 */
export function targetUrl(
	own: readonly Address[],
	{ what = 'a space-separated list of http(s) URLs', isTest = false } = {},
): Reader<string> {
	return (word, name) => {
		const url = URL.parse(word);
		if ((url?.protocol !== 'http:' && url?.protocol !== 'https:') || /[\p{Cc}\s]/u.test(word)) {
			throw new SettingError(`${name} must be ${what} (got ${quote(word)}).`);
		}
		if (url.username !== '' || url.password !== '') {
			throw new SettingError(`${name} must not contain a user name or password.`);
		}
		if (!isTest && url.pathname.includes('/webhook-test/')) {
			throw new SettingError(
				`${name} contains the Test URL ${quote(word)}, which works only while the editor listens. Use the Production URL.`,
			);
		}
		if (isBlockedPort(Number(url.port))) {
			throw new SettingError(
				`${name} contains ${quote(word)}, but no request can be sent to port ${url.port}: the Fetch standard blocks it. Use another port.`,
			);
		}
		if (own.some((address) => leadsTo(url, address))) {
			throw new SettingError(
				`${name} contains ${quote(word)}, which is the inbox itself. Use the Production URL of a KoeIQ Trigger.`,
			);
		}
		url.hash = '';
		return url.href;
	};
}

/** Whether browsers and `fetch` refuse to connect to a port. */
export function isBlockedPort(port: number): boolean {
	return BLOCKED_PORTS.has(port);
}

/** https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORTS: ReadonlySet<number> = new Set([
	1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
	103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
	512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
	995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
	6669, 6679, 6697, 10080,
]);

const ANY = ['0.0.0.0', '::'];
const LOOPBACK = ['127.0.0.1', '::1'];

/** Whether a URL leads to a server of this machine that listens there. */
function leadsTo(url: URL, { host, port }: Address): boolean {
	const urlPort = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
	if (urlPort !== port) return false;
	const listens = new BlockList();
	for (const address of ANY.includes(host) ? ownAddresses() : addressesOf(host)) {
		listens.addAddress(address, family(address));
	}
	if (ANY.includes(host)) listens.addSubnet('127.0.0.0', 8);
	const name = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
	return addressesOf(name).some((address) => listens.check(address, family(address)));
}

/** Of an IP address, or a name that is certainly this machine's; of another name none, since nothing is looked up. */
function addressesOf(name: string): string[] {
	if (ANY.includes(name) || name === 'localhost' || name.endsWith('.localhost')) return LOOPBACK;
	if (name === hostname().toLowerCase()) return ownAddresses();
	return isIP(name) === 0 ? [] : [name];
}

function ownAddresses(): string[] {
	const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
	return [...LOOPBACK, ...interfaces.map(({ address }) => address)];
}

function family(address: string): 'ipv4' | 'ipv6' {
	return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
