import type { Metrics } from './metrics';
import type { WrongSignatures } from './store/store';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';

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

	/** @param noted by inboxes that have stopped */
	recall(noted: readonly WrongSignatures[]): void {
		for (const one of noted) this.before = together(this.before, one);
	}

	/** Those after which a right one came; undefined once the last of them is a day old. */
	get past(): WrongSignatures | undefined {
		const { before } = this;
		return before !== undefined && before.until > Date.now() - REMEMBERED_MS ? before : undefined;
	}

	/** What the next inbox has to know: undefined if there is nothing. */
	get all(): WrongSignatures | undefined {
		return together(this.past, this.wrong);
	}

	/** Listens to what the door counts. */
	watch<Counted extends Pick<Metrics, 'signed' | 'refused'>>(metrics: Counted): Counted {
		return {
			...metrics,
			signed: (secret) => {
				this.before = this.all;
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
	one: WrongSignatures | undefined,
	other: WrongSignatures | undefined,
): WrongSignatures | undefined {
	if (one === undefined || other === undefined) return one ?? other;
	return {
		count: one.count + other.count,
		since: Math.min(one.since, other.since),
		until: Math.max(one.until, other.until),
	};
}
