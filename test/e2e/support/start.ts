import { startN8n, type StartedN8n } from '../../../harness/n8n';
import { N8N_TEST_IMAGE, N8N_TEST_VERSION } from '../../support/version';

declare global {
	// Between jest's globalSetup and globalTeardown, which share nothing else.
	var n8nUnderTest: StartedN8n | undefined;
}

/** The tests' own processes read the address from here. */
export const N8N_URL = 'N8N_UNDER_TEST_URL';
/** And n8n's log from the file of this name. */
export const N8N_LOG = 'N8N_UNDER_TEST_LOG';

export default async function start(): Promise<void> {
	globalThis.n8nUnderTest = await startN8n({
		version: N8N_TEST_VERSION,
		image: N8N_TEST_IMAGE,
	});
	process.env[N8N_URL] = globalThis.n8nUnderTest.url;
	process.env[N8N_LOG] = globalThis.n8nUnderTest.logFile;
}
