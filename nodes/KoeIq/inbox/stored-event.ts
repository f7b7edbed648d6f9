import { classify, type Envelope, type Issue, type Json } from '../core/events';
import { isObject } from '../core/authenticate';

/** An event as the inbox has it: as the trigger gives it, and what became of it at each target. */
export type StoredEvent = Envelope & {
	delivery: { id: Json; received_at: Json; issues: Issue[] };
	inbox: { targets: Json };
};

/** A page of the inbox's list. */
export interface Page {
	/** `delivery.id` of each event. */
	ids: string[];
	/** Of the next page, if there is one. */
	cursor: string | undefined;
}

export function readPage({ events, cursor }: Envelope): Page {
	const rows = Array.isArray(events) ? events : [];
	const ids = rows.map((row) => (isObject(row) ? row.id : undefined));
	return {
		ids: ids.filter((id) => typeof id === 'string'),
		cursor: typeof cursor === 'string' && cursor !== '' ? cursor : undefined,
	};
}

/** @param stored what the inbox answers for one event: `id`, `receivedAt`, `body` and `targets` */
export function toItem({
	id = null,
	receivedAt = null,
	body = null,
	targets = [],
}: Envelope): StoredEvent {
	const envelope = typeof body === 'string' ? parse(body) : isObject(body) ? body : {};
	const { issues } = classify(envelope, Infinity);
	return { ...envelope, delivery: { id, received_at: receivedAt, issues }, inbox: { targets } };
}

/** The inbox has accepted nothing but JSON objects in UTF-8, with or without a BOM. */
function parse(body: string): Envelope {
	const value = JSON.parse(body.replace(/^\ufeff/, '')) as Json;
	return isObject(value) ? value : {};
}
