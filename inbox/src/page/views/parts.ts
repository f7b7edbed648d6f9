import type { WorkerStatus } from '../../delivery/worker';
import {
	NO_TARGET,
	type Delivery,
	type State,
	type Target,
	type TargetOverview,
} from '../../store/store';
import { html, type Html } from '../html';
import type { Words } from '../words/en';
import { causeOf, troubleOf, type Cause } from './causes';

/** What a view goes by beside what it shows. */
export interface Context {
	overview: readonly TargetOverview[];
	status: (key: string) => WorkerStatus | undefined;
	words: Words;
}

/** In UTC, until the browser puts its own time there. */
export function time(milliseconds: number): Html {
	const iso = new Date(milliseconds).toISOString();
	return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** Without the day: of what is about to come. */
export function clock(milliseconds: number): Html {
	const iso = new Date(milliseconds).toISOString();
	return html`<time datetime="${iso}" data-clock="">${iso.slice(11, 19)} UTC</time>`;
}

/** The state of a delivery; one that the workflow does not select says so. */
export function stateOf(
	{ state, isIgnored }: Pick<Delivery, 'state' | 'isIgnored'>,
	{ states, ignored }: Words,
): string {
	return isIgnored ? ignored : states[state];
}

export function badge(delivery: Pick<Delivery, 'state' | 'isIgnored'>, words: Words): Html {
	return html`<span class="badge ${delivery.state}">${stateOf(delivery, words)}</span>`;
}

/** What keeps a target from accepting its events, and what to do about it. */
export function causeWords(
	cause: Cause,
	{ key, url }: Target,
	{ overview, words }: Pick<Context, 'overview' | 'words'>,
): { what: string; advice: string } {
	const { isSet = false } = overview.find((one) => one.key === key) ?? {};
	return words.causes({ origin: new URL(url).origin, isSet })[cause];
}

/** What the state of a delivery means now: what waits for a target that accepts nothing is not about to be sent. */
export function hintOf(
	{ state, isIgnored, lastAnswer, target }: Delivery,
	context: Context,
): string {
	const { overview, status, words } = context;
	const { stateHints: hints } = words;
	if (isIgnored) return words.ignoredHint;
	if (state === 'delivered' || state === 'discarded') return hints[state];
	if (target.key === NO_TARGET) return hints.noTarget;
	const cause = lastAnswer === null ? undefined : causeOf(lastAnswer);
	const own = cause && causeWords(cause, target, context);
	if (state === 'failed') {
		const failed = cause === 'damaged' ? '' : hints.failed;
		return `${failed} ${own?.what ?? ''} ${own?.advice ?? ''}`.trim();
	}
	const subscription = overview.find(({ key }) => key === target.key)?.state ?? 'left';
	if (subscription !== 'current') return hints[subscription];
	const trouble = troubleOf(status(target.key));
	const what = trouble && causeWords(trouble.cause, target, context).what;
	if (trouble?.isStopped === true) return hints.held(what ?? '');
	if (state === 'retrying') return `${own?.what ?? ''} ${hints.retrying}`.trim();
	return what ?? hints.waiting;
}

/** A target's number in the overview, and its name. */
export function targetLabel(
	{ key, url, name }: Target,
	{ overview, words: { targets } }: Pick<Context, 'overview' | 'words'>,
): Html {
	if (key === NO_TARGET) return html`${targets.none}`;
	return html`${numberOf(key, overview) === undefined ? undefined : numbered(key, overview)}${
		name === '' ? html`<code class="url">${url}</code>` : html`<span title="${url}">${name}</span>`
	}`;
}

/** `#` says that it is no count. */
export function numbered(key: string, overview: readonly TargetOverview[]): Html {
	const number = numberOf(key, overview);
	return html`<span class="number">${number === undefined ? '–' : `#${number}`}</span> `;
}

function numberOf(key: string, overview: readonly TargetOverview[]): number | undefined {
	const index = overview.filter((one) => one.key !== NO_TARGET).findIndex((one) => one.key === key);
	return index < 0 ? undefined : index + 1;
}

/** For a choice of one. */
export function targetTitle(
	{ key, name, url }: Target,
	{ overview, words }: Pick<Context, 'overview' | 'words'>,
): string {
	if (key === NO_TARGET) return words.targets.none;
	return `#${numberOf(key, overview) ?? '–'} · ${name === '' ? url : name}`;
}

export function option(value: string, text: string, isSelected = false): Html {
	return isSelected
		? html`<option value="${value}" selected>${text}</option>`
		: html`<option value="${value}">${text}</option>`;
}

const NEEDS_ATTENTION: readonly State[] = [
	'failed',
	'retrying',
	'waiting',
	'delivered',
	'discarded',
];

/** Of the deliveries of an event, the one that somebody has to know of first. */
export function mostUrgent(deliveries: readonly Delivery[]): Delivery | undefined {
	const state = NEEDS_ATTENTION.find((one) =>
		deliveries.some((delivery) => delivery.state === one),
	);
	const inState = deliveries.filter((delivery) => delivery.state === state);
	return inState.find(({ lastAnswer }) => lastAnswer !== null) ?? inState[0];
}

/** What somebody has to know of comes first. */
export function byUrgency(deliveries: readonly Delivery[]): Delivery[] {
	const rank = ({ state }: Delivery) => NEEDS_ATTENTION.indexOf(state);
	return [...deliveries].sort((a, b) => rank(a) - rank(b));
}

export function isUndelivered({ state }: Delivery): boolean {
	return state === 'waiting' || state === 'retrying' || state === 'failed';
}

/** Whether events can be given to it. */
export function isSentTo({ key, state }: TargetOverview): boolean {
	return state === 'current' && key !== NO_TARGET;
}
