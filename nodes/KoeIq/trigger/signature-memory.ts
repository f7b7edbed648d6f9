import { hash } from 'crypto';

import { trimInvisible } from '../core/invisible';
import type { Secrets } from '../core/signature';

/** Triggers that are remembered; the one whose last request is the oldest is forgotten first. */
const MAX_ENTRIES = 100;

const UNITS: Array<[unit: string, milliseconds: number]> = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
];

/**
 * What each trigger of this process has refused since its last right request, by a digest of the secrets that it was
 * checked against: so a corrected secret is not blamed for another.
 */
export class SignatureMemory {
	private readonly refused = new Map<string, { key: string; count: number; latestAt: number }>();

	/**
	 * @param trigger tells it apart from the others
	 * @param now milliseconds since the epoch
	 */
	note(trigger: string, secrets: Secrets, isRight: boolean, now: number): void {
		// Costs a right request nothing, as long as none is wrong.
		if (isRight && this.refused.size === 0) return;
		const key = digest(secrets);
		const last = this.refused.get(trigger);
		this.refused.delete(trigger);
		if (isRight) {
			this.forget(key);
			return;
		}
		const count = last?.key === key ? last.count + 1 : 1;
		// Behind the others: the first one is the oldest.
		this.refused.set(trigger, { key, count, latestAt: now });
		const [oldest] = this.refused.keys();
		if (this.refused.size > MAX_ENTRIES && oldest !== undefined) this.refused.delete(oldest);
	}

	/** What is right at one trigger is right at all. */
	private forget(key: string): void {
		for (const [trigger, entry] of this.refused) {
			if (entry.key === key) this.refused.delete(trigger);
		}
	}

	/** What speaks against these secrets, in words for the person who typed them; `undefined` if nothing does. */
	describe(secrets: Secrets, now: number): string | undefined {
		const key = digest(secrets);
		const refused = [...this.refused.values()].filter((entry) => entry.key === key);
		if (refused.length === 0) return undefined;
		const count = refused.reduce((sum, entry) => sum + entry.count, 0);
		const latestAt = Math.max(...refused.map((entry) => entry.latestAt));
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
