import { kindsOf } from '../../../nodes/KoeIq/core/events';
import type { Options } from '../../../nodes/KoeIq/core/judge';

/** Options that accept every authentic event. */
export const EVERYTHING: Options = {
	typeVersion: Infinity,
	events: kindsOf(Infinity),
	conditions: [],
	alsoStart: [],
	simplify: false,
	maxAgeSeconds: 0,
};
