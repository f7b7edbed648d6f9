import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import ts from 'typescript';

import { template, templateFile, TEMPLATES } from '../../harness/templates';
import type { Workflow } from '../../harness/workflow';

/* A Japanese template is the English one but for what people read: its name, notes, messages and forms. */

const JAPANESE = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/;

/** The names of nodes, as code has them: it reads from the nodes that are called so. */
const NODES = new Set(
	TEMPLATES.flatMap((name) => template(name).nodes.map((node) => `'${node.name}'`)),
);

test('each template is there in Japanese too', () => {
	const files = readdirSync(join(dirname(templateFile('')), 'ja'));
	expect(files.sort()).toEqual(TEMPLATES.map((name) => `${name}.json`).sort());
});

test.each(TEMPLATES)('%s does in Japanese what it does in English', (name) => {
	const english = template(name);
	const { nodes, ...japanese } = template(`ja/${name}`);
	const translated = {
		...japanese,
		name: inEnglish(japanese.name, english.name),
		nodes: nodes.map((node, index) => ({
			...node,
			parameters: inEnglish(node.parameters, english.nodes[index]?.parameters),
		})),
	};
	expect(translated).toEqual(english);
});

test.each(TEMPLATES)(
	'the notes of %s are Japanese, and name what the English ones name',
	(name) => {
		const notes = notesOf(template(`ja/${name}`));
		expect(notes.filter((note) => !JAPANESE.test(note))).toEqual([]);
		const named = (text: string) => text.match(/(?<=[*`])[ -)+-_a-~…’]+(?=[*`])/g) ?? [];
		const english = notesOf(template(name)).join();
		expect(notes.flatMap(named).filter((label) => !english.includes(label))).toEqual([]);
	},
);

function notesOf({ nodes }: Workflow): string[] {
	const notes = nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
	return notes.map(({ parameters }) => String(parameters.content));
}

/** The Japanese value with the English texts put back, wherever only words differ. */
function inEnglish(japanese: unknown, english: unknown, key = ''): unknown {
	if (typeof japanese === 'string' && typeof english === 'string') {
		return differsInWords(japanese, english, key === 'jsCode') ? english : japanese;
	}
	if (Array.isArray(japanese) && Array.isArray(english)) {
		return japanese.map((value, index) => inEnglish(value, english[index]));
	}
	if (isObject(japanese) && isObject(english)) {
		const entries = Object.entries(japanese);
		return Object.fromEntries(
			entries.map(([name, value]) => [name, inEnglish(value, english[name], name)]),
		);
	}
	return japanese;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

/** Whether a text is Japanese, and all code in it that of the English one, but for texts in that code. */
function differsInWords(japanese: string, english: string, isCode: boolean): boolean {
	const [tokens, expected] = [japanese, english].map((text) =>
		(isCode ? [text] : expressionsIn(text)).flatMap(tokensOf),
	) as [string[], string[]];
	const isWords = (token: string, index: number) =>
		JAPANESE.test(token) && isText(token) && isTranslatable(expected[index] ?? '');
	return (
		JAPANESE.test(japanese) &&
		tokens.length === expected.length &&
		tokens.every((token, index) => token === expected[index] || isWords(token, index))
	);
}

function expressionsIn(text: string): string[] {
	return text.startsWith('=') ? (text.match(/(?<=\{\{).*?(?=\}\})/gs) ?? []) : [];
}

/** A string, or a piece of a template string. */
const isText = (token: string) => /^['"`}]/.test(token);

const isTranslatable = (token: string) => isText(token) && !NODES.has(token);

function tokensOf(code: string): string[] {
	const file = ts.createSourceFile('', code, ts.ScriptTarget.Latest, true);
	const leaves = (node: ts.Node): string[] => {
		const children = node.getChildren(file);
		return children.length === 0 ? [node.getText(file)] : children.flatMap(leaves);
	};
	return leaves(file);
}
