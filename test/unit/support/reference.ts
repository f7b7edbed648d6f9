import { execFileSync } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import { findPython } from '../../../harness/python';

/*
 * The two sample verifiers of KoeIQ's webhook reference, written again from their description, faults included.
 * They share nothing with the trigger's own code, so that it can be held against them.
 */

export interface Signed {
	secret: string;
	body: Uint8Array;
}

export interface Pair extends Signed {
	/** `undefined` where the request has none. */
	header: string | undefined;
}

/** `accepts`, `refuses`, or the name of what was thrown. */
export type Verdict = string;

/** What KoeIQ sends for a body. */
export function signature({ secret, body }: Signed): string {
	const hmac = createHmac('sha256', Buffer.from(secret, 'utf8'));
	return `sha256=${hmac.update(body).digest('hex')}`;
}

/** Throws a RangeError on a header of another length, and a TypeError where there is none. */
export function verifyAsNode(pair: Pair): boolean {
	return timingSafeEqual(
		Buffer.from(signature(pair)),
		// The sample does not ask whether there is one.
		Buffer.from(pair.header as string),
	);
}

/** Throws a TypeError on a header that is not ASCII, as `hmac.compare_digest` does on such a `str`. */
export function verifyAsPython(pair: Pair): boolean {
	const header = pair.header ?? '';
	if (Buffer.byteLength(header) !== header.length) {
		throw new TypeError('comparing strings with non-ASCII characters is not supported');
	}
	return signature(pair) === header;
}

export function verdict(verify: () => boolean): Verdict {
	try {
		return verify() ? 'accepts' : 'refuses';
	} catch (error) {
		// Not `instanceof Error`: under jest, Node's own errors are of another realm.
		return (error as Error).name;
	}
}

/** The verdicts of a real Python 3, in the order of the pairs; `undefined` where there is none. */
export function runPython(
	pairs: readonly Pair[],
): { version: string; verdicts: Verdict[] } | undefined {
	const python = findPython();
	if (python === undefined) return undefined;
	const lines = pairs.map(({ secret, body, header }) =>
		JSON.stringify([secret, Buffer.from(body).toString('base64'), header ?? null]),
	);
	const output = execFileSync(python.program, [join(__dirname, 'reference.py')], {
		input: lines.join('\n'),
		encoding: 'utf8',
		maxBuffer: Infinity,
	});
	return { version: python.version, verdicts: output.trimEnd().split(/\r?\n/) };
}
