import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from '../../harness/command';

interface Packed {
	unpackedSize: number;
	files: Array<{ path: string }>;
}

const PROJECT = join(__dirname, '../..');
const [program = '', ...args] = npm('pack', '--dry-run', '--json', '--ignore-scripts');
const [packed] = JSON.parse(execFileSync(program, args, { cwd: PROJECT }).toString()) as [Packed];
const paths = packed.files.map(({ path }) => path);

test('packs what n8n loads and nothing else, under 200 KB', () => {
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
	expect(packed.unpackedSize).toBeLessThan(200_000);
});

test("is in English, as n8n's verification guidelines want it: only search aliases are Japanese", () => {
	const texts = paths.map((path) => {
		const text = readFileSync(join(PROJECT, path), 'utf8');
		if (!path.endsWith('.node.json')) return { path, text };
		return { path, text: JSON.stringify({ ...(JSON.parse(text) as object), alias: [] }) };
	});
	const notLatin = /(?![\p{Script=Latin}\p{Script=Greek}])\p{L}/u;
	expect(texts.filter(({ text }) => notLatin.test(text)).map(({ path }) => path)).toEqual([]);
});
