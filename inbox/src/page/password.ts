import { createHash, timingSafeEqual } from 'node:crypto';

const LONGEST_WAIT = 60_000;
const FORGET_AFTER = 3_600_000;

interface Failures {
	count: number;
	/** No attempt before this is looked at. */
	waitsUntil: number;
}

/** Compares attempts at the password; an address that is wrong waits 1, 2, 4 … 60 seconds before its next one. */
export class PasswordCheck {
	private readonly digest: Buffer;
	private readonly failures = new Map<string, Failures>();

	constructor(password: string) {
		this.digest = sha256(password);
	}

	/** @returns `right`, `wrong`, or the seconds to wait */
	attempt(password: string, address: string, now = Date.now()): 'right' | 'wrong' | number {
		const { count, waitsUntil } = this.failures.get(address) ?? { count: 0, waitsUntil: 0 };
		if (now < waitsUntil) return Math.ceil((waitsUntil - now) / 1000);
		// Digests have one length, so the comparison tells nothing of the password's.
		if (timingSafeEqual(sha256(password), this.digest)) {
			this.failures.delete(address);
			return 'right';
		}
		this.forgetOld(now);
		const wait = Math.min(1000 * 2 ** count, LONGEST_WAIT);
		this.failures.set(address, { count: count + 1, waitsUntil: now + wait });
		return 'wrong';
	}

	private forgetOld(now: number): void {
		for (const [address, { waitsUntil }] of this.failures) {
			if (now - waitsUntil > FORGET_AFTER) this.failures.delete(address);
		}
	}
}

function sha256(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
