import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../harness/ports';
import { startCommand } from './support/command';
import { copyProject } from './support/copy';

/* npm run dev, on a copy of the project: its sources are changed here. */

const REFUSALS = 'nodes/KoeIq/core/refusals.ts';
/** n8n starts in 15 s, in a minute or two on a machine that is busy. */
const START_MILLISECONDS = 180_000;

test(
	'n8n answers with a source that has changed, and is left alone while the sources do not compile',
	async () => {
		const { folder, remove } = copyProject();
		const ports = ['--port', String(await freePort()), '--inspect', String(await freePort())];
		// Not by npm run dev, which would install into the project's own packages.
		const command = [process.execPath, '--import', 'tsx', 'scripts/dev.ts', ...ports];
		const dev = startCommand(command, folder);
		try {
			await dev.prints(/Ctrl-C stops n8n/, START_MILLISECONDS);
			const webhook = /Webhook URL +(\S+)/.exec(dev.output())?.[1] ?? '';
			const refusal = async () => await (await fetch(webhook, { method: 'POST' })).text();
			expect(await refusal()).toBe('{"error":"Invalid signature"}');

			const source = readFileSync(join(folder, REFUSALS), 'utf8');
			const changed = source.replaceAll('Invalid signature', 'Changed while n8n ran');
			writeFileSync(join(folder, REFUSALS), changed);
			await dev.prints(/n8n answers with it/, START_MILLISECONDS);
			expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');

			writeFileSync(join(folder, REFUSALS), `${source}\nconst half = `);
			await dev.prints(/does not compile/, START_MILLISECONDS);
			expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');
		} finally {
			await dev.end();
			remove();
		}
	},
	3 * START_MILLISECONDS,
);
