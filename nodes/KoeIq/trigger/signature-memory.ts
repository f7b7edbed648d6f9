import { hash } from 'crypto';

import { trimInvisible } from '../core/invisible';
import type { Secrets } from '../core/signature';

/** Secrets that are remembered; the one whose last request is the oldest is forgotten first. */
const MAX_ENTRIES = 100;

const UNITS: Array<[unit: string, milliseconds: number]> = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
];

/**
 * What this process has refused since the last right request, by the secrets that it was checked against: a digest of
 * them, so a corrected secret is not blamed for another.
 */
export class SignatureMemory {
	private readonly refused = new Map<string, { count: number; latestAt: number }>();

	/** @param now milliseconds since the epoch */
	note(secrets: Secrets, isRight: boolean, now: number): void {
		// Costs a right request nothing, as long as none is wrong.
		if (isRight && this.refused.size === 0) return;
		const key = digest(secrets);
		const count = this.refused.get(key)?.count ?? 0;
		this.refused.delete(key);
		if (isRight) return;
		// Behind the others: the first one is the oldest.
		this.refused.set(key, { count: count + 1, latestAt: now });
		const [oldest] = this.refused.keys();
		if (this.refused.size > MAX_ENTRIES && oldest !== undefined) this.refused.delete(oldest);
	}

	/** What speaks against these secrets, in words for the person who typed them; `undefined` if nothing does. */
	describe(secrets: Secrets, now: number): string | undefined {
		const refused = this.refused.get(digest(secrets));
		if (refused === undefined) return undefined;
		const { count, latestAt } = refused;
		const when = ago(now - latestAt);
		return count === 1
			? `The last request (${when}) was signed with another secret. If it came from KoeIQ, the secrets differ: ${WHAT_TO_DO}`
			: `The last ${count} requests (the latest ${when}) were signed with another secret. If they came from KoeIQ, the secrets differ: ${WHAT_TO_DO}`;
	}
}

const WHAT_TO_DO = 'copy the secret from KoeIQ again (Admin → Settings → Webhook Settings).';

function digest({ current, previous = '' }: Secrets): string {
	return hash('sha256', JSON.stringify([current, previous].map(trimInvisible)));
}

function ago(milliseconds: number): string {
	const [unit, length] = UNITS.find(([, length]) => milliseconds >= length) ?? [];
	if (unit === undefined || length === undefined) return 'less than a minute ago';
	const count = Math.floor(milliseconds / length);
	return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
