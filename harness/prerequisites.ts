import { installN8n } from './install';
import { N8N_VERSION } from './n8n';
import { toStandardError, type Report } from './report';
import { installPrograms, type Program } from './system-programs';

/** What tests need beyond packages of npm. */
export interface Prerequisites {
	/** Versions of n8n; `default` is the one that is supported first. */
	n8n?: string[];
	programs?: Program[];
}

/**
 * Installs what is missing, before the first test, so that no test or hook has to; returns at once if nothing is.
 *
 * @throws {HarnessError} with a sentence that says what to do
 */
export async function installPrerequisites(
	{ n8n = [], programs = [] }: Prerequisites,
	report: Report = toStandardError,
): Promise<void> {
	await installPrograms(programs, report);
	for (const version of n8n) {
		await installN8n(version === 'default' ? N8N_VERSION : version, report);
	}
}
