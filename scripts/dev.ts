import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { OWNER, type N8nClient } from '../harness/client';
import { run } from '../harness/command';
import { startN8n, type StartedN8n } from '../harness/n8n';
import { toStandardError } from '../harness/report';
import { template } from '../harness/templates';
import { activateWithSecrets, TRIGGER_TYPE } from '../harness/trigger';
import { waitForWebhook } from '../harness/wait';
import { printTable, runCommand, toPort, whenToldToEnd } from './command';

/*
 * One n8n on one port with one kept folder, and the package in it compiled from this folder: again, and n8n started
 * again, whenever a source has changed. Under Node's inspector, with source maps.
 */

const PROJECT = resolve(__dirname, '..');
const FOLDER = join(PROJECT, '.dev');
const PACKAGE = join(FOLDER, '.n8n/nodes/node_modules/n8n-nodes-koeiq');
const SECRET = 'the-secret-of-the-development-n8n';
const POLL_MILLISECONDS = 250;

/** n8n waits for a debugger to let go of it. */
const GRACE_MILLISECONDS = 5_000;

runCommand('npm run dev -- [--port N] [--inspect N]', async () => {
	const { values } = parseArgs({
		options: { port: { type: 'string' }, inspect: { type: 'string' } },
	});
	const port = toPort(values.port) ?? 5690;
	const inspect = toPort(values.inspect) ?? 9229;
	const setEnd = whenToldToEnd(() => process.exit(130));
	let sources = await readSources();
	await compile();
	const n8n = await startN8n({
		port,
		userFolder: FOLDER,
		nodeArguments: [`--inspect=127.0.0.1:${inspect}`, '--enable-source-maps'],
	});
	setEnd(() => {
		void n8n.stop().then(() => process.exit(0));
	});
	const webhook = await triggerOf(n8n.client);
	console.log();
	printTable({
		'The editor': n8n.url,
		'Sign in with': `${OWNER.email}, password ${OWNER.password}`,
		'Webhook URL': webhook ?? 'no workflow with a KoeIQ Trigger is active',
		Secret: SECRET,
		Debugger: `127.0.0.1:${inspect}`,
		"n8n's log": n8n.logFile,
	});
	console.log(
		'\nSave a file in nodes/ or credentials/, and n8n starts again with it. Ctrl-C stops n8n; its workflows stay in .dev/.',
	);

	for (;;) {
		await sleep(POLL_MILLISECONDS);
		const now = await readSources();
		if (now.digest === sources.digest) continue;
		sources = now;
		await follow(n8n, now.saved);
	}
});

/** Compiles and starts n8n again; leaves it as it is if the sources do not compile. */
async function follow(n8n: StartedN8n, saved: number): Promise<void> {
	const seconds = () => ((Date.now() - saved) / 1000).toFixed(1);
	try {
		console.log('\nA source has changed: compiling …');
		await compile();
	} catch (error) {
		toStandardError(error instanceof Error ? error.message : String(error));
		return;
	}
	console.log(`Compiled ${seconds()} s after it was saved: starting n8n again …`);
	await stopProcess(n8n);
	const client = await n8n.restart();
	const webhook = await triggerOf(client);
	if (webhook !== undefined) await waitForWebhook(webhook);
	console.log(`n8n answers with it, ${seconds()} s after it was saved.`);
}

async function stopProcess(n8n: StartedN8n): Promise<void> {
	const ended = n8n.kill('SIGTERM');
	await Promise.race([ended, sleep(GRACE_MILLISECONDS)]);
	if (!n8n.hasEnded()) await n8n.kill();
	await ended;
}

/** Into the folder that n8n loads the package from, so that source maps lead from there to the sources here. */
async function compile(): Promise<void> {
	await mkdir(PACKAGE, { recursive: true });
	await cp(join(PROJECT, 'package.json'), join(PACKAGE, 'package.json'));
	const build = [join(PROJECT, 'scripts/build.mjs'), '--dev', join(PACKAGE, 'dist')];
	await run('compile the package', [process.execPath, ...build], { cwd: PROJECT });
}

/** What the sources hold, and when the newest was saved. Files that the build makes are none. */
async function readSources(): Promise<{ digest: string; saved: number }> {
	const hash = createHash('sha256');
	let saved = 0;
	for (const folder of ['nodes', 'credentials']) {
		const files = await readdir(join(PROJECT, folder), { recursive: true, withFileTypes: true });
		const paths = files
			.filter((file) => file.isFile() && !file.parentPath.endsWith('__schema__'))
			.map((file) => join(file.parentPath, file.name));
		for (const path of paths.sort()) {
			hash.update(path).update(await readFile(path));
			saved = Math.max(saved, (await stat(path)).mtimeMs);
		}
	}
	return { digest: hash.digest('hex'), saved };
}

/** The production URL of the first active KoeIQ Trigger; makes a workflow to begin with if there is none at all. */
async function triggerOf(client: N8nClient): Promise<string | undefined> {
	const workflows = await client.workflows();
	if (workflows.length === 0) {
		const secrets = { webhookSecret: SECRET };
		return (await activateWithSecrets(client, template('one-branch-per-event'), secrets)).url;
	}
	const [webhookId] = workflows
		.filter(({ active }) => active)
		.flatMap(({ nodes }) => nodes)
		.flatMap((node) => (node.type === TRIGGER_TYPE ? (node.webhookId ?? []) : []));
	return webhookId === undefined ? undefined : `${client.url}/webhook/${webhookId}/koeiq`;
}
