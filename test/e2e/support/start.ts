import { startN8n, type N8n } from '../../../host/n8n';

declare global {
	// Between jest's globalSetup and globalTeardown, which share nothing else.
	var n8nUnderTest: N8n | undefined;
}

/** The tests' own processes read the address from here. */
export const N8N_URL = 'N8N_UNDER_TEST_URL';

export default async function start(): Promise<void> {
	globalThis.n8nUnderTest = await startN8n();
	process.env[N8N_URL] = globalThis.n8nUnderTest.url;
}
