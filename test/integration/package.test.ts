import { execFileSync } from 'node:child_process';

import { npm } from '../../harness/command';

interface Packed {
	unpackedSize: number;
	files: Array<{ path: string }>;
}

test('packs what n8n loads and nothing else, under 150 KB', () => {
	const [program = '', ...args] = npm('pack', '--dry-run', '--json', '--ignore-scripts');
	const [packed] = JSON.parse(execFileSync(program, args).toString()) as [Packed];
	const paths = packed.files.map(({ path }) => path);
	expect(paths).toEqual(
		expect.arrayContaining([
			'LICENSE.md',
			'README.md',
			'dist/credentials/KoeIqWebhookApi.credentials.js',
			'dist/index.js',
			'dist/nodes/KoeIq/KoeIqTrigger.node.js',
			'dist/nodes/KoeIq/KoeIqTrigger.node.json',
			'dist/nodes/KoeIq/koeiq.dark.svg',
			'dist/nodes/KoeIq/koeiq.svg',
		]),
	);
	expect(
		paths.filter((path) => !/^dist\/|^(LICENSE\.md|README(\.ja)?\.md|package\.json)$/.test(path)),
	).toEqual([]);
	expect(paths.filter((path) => /test|(?<!\.d)\.ts$/.test(path))).toEqual([]);
	expect(packed.unpackedSize).toBeLessThan(150_000);
});
