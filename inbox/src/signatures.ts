import type { Metrics } from './metrics';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';

/** Requests that were refused because their signature is another secret's. Times are in milliseconds since the epoch. */
export interface WrongSignatures {
	count: number;
	/** Of the first one. */
	since: number;
	/** Of the last one. */
	until: number;
}

/** How long requests that were refused are remembered once a right one has come. */
const REMEMBERED_MS = 86_400_000;

/**
 * Whether KoeIQ may sign with another secret. Such events are not stored: anybody could fill the disk. So whoever looks
 * has to see it before many are lost, and for a day after that.
 */
export class Signatures {
	/** Since the last that was right; undefined if there are none. */
	wrong: WrongSignatures | undefined;
	private before: WrongSignatures | undefined;

	/** Those after which a right one came; undefined once the last of them is a day old. */
	get past(): WrongSignatures | undefined {
		const { before } = this;
		return before !== undefined && before.until > Date.now() - REMEMBERED_MS ? before : undefined;
	}

	/** Listens to what the door counts. */
	watch<Counted extends Pick<Metrics, 'signed' | 'refused'>>(metrics: Counted): Counted {
		return {
			...metrics,
			signed: (secret) => {
				this.before = together(this.past, this.wrong);
				this.wrong = undefined;
				metrics.signed(secret);
			},
			refused: (reason) => {
				if (reason === REFUSALS.wrongSignature.code) {
					const now = Date.now();
					this.wrong = together(this.wrong, { count: 1, since: now, until: now });
				}
				metrics.refused(reason);
			},
		};
	}
}

function together(
	first: WrongSignatures | undefined,
	then: WrongSignatures | undefined,
): WrongSignatures | undefined {
	if (first === undefined || then === undefined) return first ?? then;
	return { count: first.count + then.count, since: first.since, until: then.until };
}
