import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';

import type { AsyncDisposableStack } from '../harness/disposal';
import { openBrowser } from '../harness/browser';
import { startN8n } from '../harness/n8n';
import { StandIn } from '../harness/stand-in';
import { CREDENTIAL, INBOX_CREDENTIAL, TRIGGER_TYPE } from '../harness/trigger';
import { template, templateFile } from '../harness/templates';
import type { Workflow, WorkflowNode } from '../harness/workflow';
import { Editor } from '../test/browser/support/editor';

export const SECRET = 'the-secret-of-the-pictures';
/** Longer than any secret of KoeIQ or n8n has to be. */
export const KEY = 'the-key-of-all-services-of-the-pictures';
/** n8n's address in every picture. */
const N8N_URL = 'https://n8n.example.com';

export type Language = 'en' | 'ja';
const LOCALES = { en: 'en-US', ja: 'ja-JP' };

/** What the pictures are taken of. */
export type Stage = Awaited<ReturnType<typeof setStage>>;

/** A real n8n and its editor, and a stand-in for the chat that the templates name. */
export async function setStage(started: AsyncDisposableStack) {
	const chat = started.use(await StandIn.start());
	const n8n = started.use(
		await startN8n({
			env: { WEBHOOK_URL: N8N_URL, N8N_EDITOR_BASE_URL: N8N_URL },
			nodeArguments: leadTo(chat.url, 'chat.example.com'),
		}),
	);
	const credentials: NonNullable<WorkflowNode['credentials']> = {};
	const addCredential = async (type: string, name: string, data: Record<string, string>) => {
		credentials[type] = { id: await n8n.client.createCredential(type, data, name), name };
	};
	await addCredential(CREDENTIAL, 'KoeIQ Webhook account', { webhookSecret: SECRET });
	await addCredential(INBOX_CREDENTIAL, 'KoeIQ Inbox account', { url: n8n.url, apiKey: KEY });
	await addCredential('koeIqApi', 'KoeIQ account', {
		apiKey: KEY,
		baseUrl: 'https://app.koeiq.com',
	});
	await addCredential('openAiApi', 'OpenAI account', { apiKey: KEY });
	const sharp = { deviceScaleFactor: 2 };
	const viewport = { width: 1280, height: 1400 };
	const editor = started.use(await Editor.open(n8n.url, { ...sharp, viewport }));
	const browser = started.use(await openBrowser());
	return {
		...{ chat, client: n8n.client, editor, addCredential },
		openWindow: async (size: { width: number; height: number }, language: Language) =>
			await browser.newPage({ ...sharp, viewport: size, locale: LOCALES[language] }),
		/** Arguments of Node with which n8n's address leads to this n8n. */
		toN8n: leadTo(n8n.url, new URL(N8N_URL).host),
		/** Puts a workflow into n8n as its user sets it up: with credentials. */
		add: async (workflow: Workflow) => {
			const webhookId = randomUUID();
			for (const node of workflow.nodes) {
				const chosen = Object.entries(credentials).filter(([type]) => needs(node).includes(type));
				node.credentials = Object.fromEntries(chosen);
				if (node.type === TRIGGER_TYPE) node.webhookId = webhookId;
			}
			const id = await n8n.client.createWorkflow(workflow);
			return { id, testUrl: `${n8n.url}/webhook-test/${webhookId}/koeiq` };
		},
	};
}

function needs({ type, parameters: { source, resource } }: WorkflowNode): string[] {
	if (type === TRIGGER_TYPE) return [CREDENTIAL, ...(source === 'inbox' ? [INBOX_CREDENTIAL] : [])];
	if (type.endsWith('lmChatOpenAi')) return ['openAiApi'];
	if (!type.startsWith('n8n-nodes-koeiq.')) return [];
	return [resource === 'event' ? INBOX_CREDENTIAL : 'koeIqApi'];
}

/** Arguments of Node with which `https://<host>` is a server of this machine, without TLS. */
function leadTo(url: string, host: string): string[] {
	const module = `
		import { syncBuiltinESMExports } from 'node:module';
		import net from 'node:net';
		import tls from 'node:tls';
		const [plain, secure] = [net.connect, tls.connect];
		const isThere = ([{ host }]) => host === '${host}';
		const here = () => plain(${new URL(url).port}, '127.0.0.1');
		net.connect = (...to) => (isThere(to) ? here() : plain(...to));
		tls.connect = (...to) => {
			if (!isThere(to)) return secure(...to);
			const socket = here();
			return socket.once('connect', () => socket.emit('secureConnect'));
		};
		syncBuiltinESMExports();`;
	return ['--import', `data:text/javascript,${encodeURIComponent(module)}`];
}

/** A template in a language, in English if it has not been translated. */
export function templateIn(language: Language, name: string): Workflow {
	const translated = `${language}/${name}`;
	return template(existsSync(templateFile(translated)) ? translated : name);
}

/** What the trigger or another node starts, without the notes: they are read in n8n. */
export function part(workflow: Workflow, ...starts: string[]): Workflow {
	const names = new Set(starts);
	for (const name of names) {
		for (const outputs of Object.values(workflow.connections[name] ?? {})) {
			for (const { node } of outputs.flat()) names.add(node);
		}
	}
	const isPart = ({ name, type }: WorkflowNode) =>
		starts.length > 0 ? names.has(name) : type !== 'n8n-nodes-base.stickyNote';
	const nodes = workflow.nodes.filter(isPart);
	const wired = Object.entries(workflow.connections).filter(([from]) =>
		nodes.some(({ name }) => name === from),
	);
	return { ...workflow, nodes, connections: Object.fromEntries(wired) };
}
