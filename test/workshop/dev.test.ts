import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../harness/ports';
import { startCommand } from './support/command';

test('npm run dev: n8n answers with a source that has changed, and is left alone while the sources do not compile', async () => {
	const ports = ['--port', String(await freePort()), '--inspect', String(await freePort())];
	// Not by npm run dev, which would install into the project's own packages.
	const command = ['--import', 'tsx', 'scripts/dev.ts', ...ports];
	await using dev = await startCommand(process.execPath, ...command);
	await dev.prints(/Ctrl-C stops n8n/);
	const webhook = /Webhook URL +(\S+)/.exec(dev.output())?.[1] ?? '';
	const refusal = async () => await (await fetch(webhook, { method: 'POST' })).text();
	expect(await refusal()).toBe('{"error":"Invalid signature"}');

	const file = join(dev.folder, 'nodes/KoeIq/core/refusals.ts');
	const source = readFileSync(file, 'utf8');
	writeFileSync(file, source.replaceAll('Invalid signature', 'Changed while n8n ran'));
	await dev.prints(/n8n answers with it/);
	expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');

	writeFileSync(file, `${source}\nconst half = `);
	await dev.prints(/does not compile/);
	expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');
}, 600_000);
