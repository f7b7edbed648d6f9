import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

/* What GitHub's workflows may do: who reads, who writes, and who publishes. zizmor, which ci.yml runs, looks at the rest. */

const FOLDER = join(__dirname, '../../.github/workflows');

interface Job {
	'timeout-minutes'?: number;
	permissions?: Record<string, string>;
	steps: Array<{ run?: string; uses?: string }>;
}

const workflows = readdirSync(FOLDER).map((name) => {
	const text = readFileSync(join(FOLDER, name), 'utf8');
	const { permissions, jobs } = parse(text) as {
		permissions: unknown;
		jobs: Record<string, Job>;
	};
	return { name, permissions, jobs };
});

test.each(workflows)('$name may read the repository, and nothing else', ({ permissions }) => {
	expect(permissions).toEqual({ contents: 'read' });
});

test.each(workflows)('$name ends in time', ({ jobs }) => {
	for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(90);
});

test('only the job that publishes has an identity, and only the report, the image and the release write', () => {
	const more = workflows.flatMap(({ name, jobs }) =>
		Object.entries(jobs).flatMap(([job, { permissions }]) =>
			permissions === undefined ? [] : [[name, job, permissions]],
		),
	);
	expect(more).toEqual([
		['newest-n8n.yml', 'report', { issues: 'write' }],
		['publish.yml', 'publish', { contents: 'read', 'id-token': 'write' }],
		['publish.yml', 'image', { contents: 'read', packages: 'write' }],
		['publish.yml', 'release', { contents: 'write' }],
	]);
});

test('the job with the identity runs nothing of ours', () => {
	const { steps } = workflows.find(({ name }) => name === 'publish.yml')?.jobs.publish ?? {
		steps: [],
	};
	expect(steps.map(({ uses = '' }) => uses.split('@')[0])).not.toContain('actions/checkout');
	const commands = steps.flatMap(({ run = '' }) => run.split('\n'));
	const programs = commands.filter((line) => /\b(npm|node|npx|bash|sh)\b(?! config)/.test(line));
	expect(programs).toEqual([
		'npm publish "./$PACKAGE"-*.tgz --ignore-scripts --provenance --access public',
	]);
});
