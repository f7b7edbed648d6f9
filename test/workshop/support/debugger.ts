import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
	generatedPositionFor,
	LEAST_UPPER_BOUND,
	originalPositionFor,
	TraceMap,
} from '@jridgewell/trace-mapping';
import { WebSocket } from 'undici';

/* As much of a debugger as it takes to stop at a line of a source, by Node's inspector protocol. */

interface Script {
	scriptId: string;
	url: string;
	sourceMapURL: string;
}

interface Message {
	id?: number;
	method?: string;
	params?: unknown;
	result?: unknown;
	error?: { message: string };
}

/** A line of a source, counted from 1. */
export interface Line {
	file: string;
	line: number;
}

export class Debugger {
	private readonly scripts = new Map<string, Script>();
	private readonly answers = new Map<number, (message: Message) => void>();
	private readonly listeners = new Map<string, (params: unknown) => void>();
	private sent = 0;

	private constructor(private readonly socket: WebSocket) {
		socket.addEventListener('message', ({ data }) => {
			const message = JSON.parse(String(data)) as Message;
			if (message.id !== undefined) this.answers.get(message.id)?.(message);
			if (message.method === 'Debugger.scriptParsed') {
				const script = message.params as Script;
				this.scripts.set(script.scriptId, script);
			}
			if (message.method !== undefined) this.listeners.get(message.method)?.(message.params);
		});
	}

	static async attach(port: number): Promise<Debugger> {
		const response = await fetch(`http://127.0.0.1:${port}/json/list`);
		const [target] = (await response.json()) as Array<{ webSocketDebuggerUrl: string }>;
		const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
		await once(socket, 'open');
		const attached = new Debugger(socket);
		// Tells of every script that is there already before it answers.
		await attached.send('Debugger.enable');
		return attached;
	}

	/** Stops at a line of a source, through the source map of the script that was made of it. */
	async setBreakpoint({ file, line }: Line): Promise<void> {
		for (const { url, sourceMapURL } of this.scripts.values()) {
			if (!url.includes('/node_modules/n8n-nodes-koeiq/dist/') || sourceMapURL === '') continue;
			const map = await readMap(url, sourceMapURL);
			const source = map.sources.find((name) => sourceFile(url, name) === file);
			if (source === undefined || source === null) continue;
			const place = generatedPositionFor(map, { source, line, column: 0, bias: LEAST_UPPER_BOUND });
			if (place.line === null) continue;
			await this.send('Debugger.setBreakpointByUrl', {
				url,
				lineNumber: place.line - 1,
				columnNumber: place.column,
			});
			return;
		}
		throw new Error(`No script with a source map was made of ${file}.`);
	}

	/** Where the program stops next. It waits there for {@link resume}. */
	async paused(): Promise<Line> {
		interface Paused {
			callFrames: Array<{
				url: string;
				location: { scriptId: string; lineNumber: number; columnNumber: number };
			}>;
		}
		const { callFrames } = await new Promise<Paused>((done) => {
			this.listeners.set('Debugger.paused', (params) => {
				done(params as Paused);
			});
		});
		const [frame] = callFrames;
		const script = this.scripts.get(frame?.location.scriptId ?? '');
		if (frame === undefined || script === undefined) throw new Error('It stopped nowhere.');
		const { lineNumber, columnNumber } = frame.location;
		const map = await readMap(script.url, script.sourceMapURL);
		const place = originalPositionFor(map, { line: lineNumber + 1, column: columnNumber });
		return { file: sourceFile(script.url, place.source), line: place.line ?? 0 };
	}

	async resume(): Promise<void> {
		await this.send('Debugger.resume');
	}

	close(): void {
		this.socket.close();
	}

	private async send(method: string, params: object = {}): Promise<unknown> {
		const id = ++this.sent;
		const { result, error } = await new Promise<Message>((done) => {
			this.answers.set(id, done);
			this.socket.send(JSON.stringify({ id, method, params }));
		});
		if (error !== undefined) throw new Error(`${method}: ${error.message}`);
		return result;
	}
}

async function readMap(url: string, sourceMapURL: string): Promise<TraceMap> {
	return new TraceMap(await readFile(new URL(sourceMapURL, url), 'utf8'));
}

/** The file that a source map names, as a path. */
function sourceFile(scriptUrl: string, source: string | null): string {
	return resolve(fileURLToPath(new URL(source ?? '', scriptUrl)));
}
