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

/** A target's number in the overview, and its name. */
export function targetLabel(
	{ key, url, name }: Target,
	overview: TargetOverview[],
	{ targets }: Words,
): Html {
	if (key === NO_TARGET) return html`${targets.none}`;
	const index = overview.findIndex((one) => one.key === key);
	const number =
		index < 0 ? undefined : html`<span class="number" title="${url}">${index + 1}</span> `;
	return html`${number}${name === '' ? html`<code class="url">${url}</code>` : html`<span title="${url}">${name}</span>`}`;
}

/** For a choice of one. */
export function targetTitle({ name, url }: Target): string {
	return name === '' ? url : name;
}

export function isUndelivered({ state }: Delivery): boolean {
	return state === 'waiting' || state === 'retrying' || state === 'failed';
}

/** Whether events can be given to it. */
export function isSentTo({ key, state }: TargetOverview): boolean {
	return state === 'current' && key !== NO_TARGET;
}
