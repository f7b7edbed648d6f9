import { NO_TARGET, type Delivery, type State, type TargetOverview } from '../../store/store';
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

/** A target's number in the overview; its URL if it is no longer there. */
export function targetLabel(target: string, overview: TargetOverview[], { targets }: Words): Html {
	if (target === NO_TARGET) return html`${targets.none}`;
	const index = overview.findIndex((one) => one.target === target);
	return index < 0
		? html`<code>${target}</code>`
		: html`<span class="number" title="${target}">${index + 1}</span>`;
}

/** How often it was sent: the store counts what was refused. */
export function attemptsOf({ state, attempts }: Delivery): number {
	return state === 'delivered' ? attempts + 1 : attempts;
}

export function isUndelivered({ state }: Delivery): boolean {
	return state === 'waiting' || state === 'retrying' || state === 'parked';
}

/** Whether it is a trigger that INBOX_FORWARD_TO names. */
export function isSet({ target, isCurrent }: TargetOverview): boolean {
	return isCurrent && target !== NO_TARGET;
}
