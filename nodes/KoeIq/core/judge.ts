import { authenticate, deliveryId, isObject } from './authenticate';
import type { Claim } from './claim';
import { selects, type Selection } from './conditions';
import { classify, OTHER, type Envelope, type Issue, type Json, type Kind } from './events';
import { REFUSALS, type Answer, type Refusal } from './refusals';
import type { Secrets, SignedWith } from './signature';
import { parseTimestamp } from './timestamp';

/** What a claim is judged with. */
export interface Evidence {
	/** The raw bytes as they were sent. */
	body: Uint8Array;
	secrets: Secrets;
	options: Options;
	/** Milliseconds since the epoch. */
	receivedAt: number;
}

/** What the user chose in the node's panel. */
export interface Options extends Selection {
	/** The node's: it decides which events are known by name. */
	typeVersion: number;
	simplify: boolean;
	/** The most seconds that `timestamp` may differ from now, either way; 0 is off. */
	maxAgeSeconds: number;
}

/** What the trigger adds to every item. */
export type Delivery = {
	/** See {@link deliveryId}. */
	id: string;
	/** ISO 8601, UTC. */
	received_at: string;
	signed_with: Exclude<SignedWith, 'none'>;
	/** Empty if the item has exactly the documented types. */
	issues: Issue[];
};

export type Item = Envelope & { delivery: Delivery };

export type Verdict = Accepted | Ignored | Refusal;

export interface Accepted {
	outcome: 'accepted';
	kind: Kind;
	issues: Issue[];
	item: Item;
}

/** Authentic, but not selected. */
export interface Ignored extends Answer {
	outcome: 'ignored';
	kind: Kind;
	issues: Issue[];
}

/**
 * Judges a body by its claim, in the order of docs/contract.md: the first rule that applies decides.
 * Never throws.
 */
export function judge(claim: Claim, { body, secrets, options, receivedAt }: Evidence): Verdict {
	const authentic = authenticate(claim, body, secrets);
	if (authentic.outcome === 'refused') return authentic;
	const { signedWith, envelope } = authentic;

	const { typeVersion, simplify, maxAgeSeconds } = options;
	if (isOutsideWindow(envelope.timestamp, receivedAt, maxAgeSeconds)) return REFUSALS.outsideWindow;

	const { kind, issues } = classify(envelope, typeVersion);
	if (!selects(options, kind, envelope.data)) {
		return { outcome: 'ignored', kind, issues, ...IGNORED };
	}

	const delivery: Delivery = {
		id: deliveryId(body),
		received_at: new Date(receivedAt).toISOString(),
		signed_with: signedWith,
		issues,
	};
	const fields = simplify && kind !== OTHER ? lift(envelope) : envelope;
	return { outcome: 'accepted', kind, issues, item: Object.assign(fields, { delivery }) };
}

/** A 200, so that KoeIQ does not report the event as failed. */
const IGNORED: Answer = { status: 200, body: { received: true, ignored: true } };

function isOutsideWindow(timestamp: Json | undefined, now: number, maxAgeSeconds: number): boolean {
	if (maxAgeSeconds === 0) return false;
	const sentAt = parseTimestamp(timestamp);
	return sentAt === undefined || !(Math.abs(now - sentAt) <= maxAgeSeconds * 1000);
}

/** Lifts the fields of `data` to the top; the envelope wins a clash of names. Data without fields stays where it is. */
function lift(envelope: Envelope): Envelope {
	const { data, ...rest } = envelope;
	return isObject(data) ? { ...data, ...rest } : envelope;
}
