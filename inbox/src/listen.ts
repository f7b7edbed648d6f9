import { SettingError } from './settings';

export interface Address {
	host: string;
	port: number;
}

/** Has a server listen. @throws {SettingError} if that cannot be, with the names of its two settings */
export async function listen(
	server: { listen(address: Address): Promise<unknown> },
	{ host, port }: Address,
	settings: { host: string; port: string },
): Promise<void> {
	try {
		await server.listen({ host, port });
	} catch (error) {
		const sentence = describe(error, { host, port }, settings);
		throw sentence === undefined ? error : new SettingError(sentence);
	}
}

function describe(
	error: unknown,
	{ host, port }: Address,
	settings: { host: string; port: string },
): string | undefined {
	switch ((error as NodeJS.ErrnoException).code) {
		case 'EADDRINUSE':
			return `${settings.port} is ${port}, and another program listens there.`;
		case 'EACCES':
			return `${settings.port} is ${port}, and this user may not listen there.`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return `${settings.host} is ${host}, which is not an address of this machine.`;
		default:
			return undefined;
	}
}
