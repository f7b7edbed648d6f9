import { N8N_VERSION } from '../../host/n8n';

/** The n8n to test on: another where the environment names it. */
export const N8N_TEST_VERSION = process.env['N8N_TEST_VERSION'] ?? N8N_VERSION;
