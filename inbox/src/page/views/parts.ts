import {
	NO_TARGET,
	type Delivery,
	type State,
	type Target,
	type TargetOverview,
} from '../../store/store';
import { html, type Html } from '../html';
import type { Words } from '../words/en';

/** In UTC, until the browser puts its own time there. */
export function time(milliseconds: number): Html {
	const iso = new Date(milliseconds).toISOString();
	return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

export function badge(state: State, { states, stateHints }: Words): Html {
	return html`<span class="badge ${state}" title="${stateHints[state]}">${states[state]}</span>`;
}

/** The state of a delivery; one that the workflow does not select says so. */
export function stateOf({ state, isIgnored }: Delivery, words: Words): Html {
	return isIgnored
		? html`<span class="badge ${state}" title="${words.ignoredHint}">${words.ignored}</span>`
		: badge(state, words);
}

/** A target's number in the overview; its URL if it is no longer there. */
export function targetLabel(
	{ key, url }: Target,
	overview: TargetOverview[],
	{ targets }: Words,
): Html {
	if (key === NO_TARGET) return html`${targets.none}`;
	const index = overview.findIndex((one) => one.key === key);
	return index < 0
		? html`<code>${url}</code>`
		: html`<span class="number" title="${url}">${index + 1}</span>`;
}

/** How often it was sent and refused, and the request that delivered it. */
export function attemptsOf({ state, attempts }: Delivery): number {
	return state === 'delivered' ? attempts + 1 : attempts;
}

export function isUndelivered({ state }: Delivery): boolean {
	return state === 'waiting' || state === 'retrying' || state === 'failed';
}

/** Whether it is a trigger that INBOX_FORWARD_TO names. */
export function isSet({ key, isCurrent }: TargetOverview): boolean {
	return isCurrent && key !== NO_TARGET;
}
