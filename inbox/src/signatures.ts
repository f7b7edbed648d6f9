import type { Metrics } from './metrics';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';

/** Requests that were refused because their signature is another secret's, and none that was right since. */
export interface WrongSignatures {
	count: number;
	/** Of the first one; milliseconds since the epoch. */
	since: number;
}

/**
 * Whether KoeIQ may sign with another secret. Such events are not stored: anybody could fill the disk. So somebody has to
 * be told before many are lost.
 */
export class Signatures {
	wrong: WrongSignatures | undefined;

	/** Listens to what the door counts. */
	watch<Counted extends Pick<Metrics, 'signed' | 'refused'>>(metrics: Counted): Counted {
		return {
			...metrics,
			signed: (secret) => {
				this.wrong = undefined;
				metrics.signed(secret);
			},
			refused: (reason) => {
				if (reason === REFUSALS.wrongSignature.code) {
					const { count, since } = this.wrong ?? { count: 0, since: Date.now() };
					this.wrong = { count: count + 1, since };
				}
				metrics.refused(reason);
			},
		};
	}
}
