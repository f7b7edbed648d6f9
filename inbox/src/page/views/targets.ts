import type { Signatures } from '../../signatures';
import {
	NO_TARGET,
	STATES,
	type State,
	type TargetOverview,
	type WrongSignatures,
} from '../../store/store';
import { linkTo } from '../filter';
import { html, type Html } from '../html';
import type { Session } from '../sessions';
import { troubleOf, type Trouble } from './causes';
import { token } from './layout';
import {
	causeWords,
	clock,
	isSentTo,
	option,
	targetLabel,
	targetTitle,
	time,
	type Context,
} from './parts';

export interface TargetsContext extends Context {
	session: Session | undefined;
	now: number;
	/** How long a paused target is kept new events for, in milliseconds. */
	keep: number;
	/** Refused at the door, for a signature of another secret. */
	signatures: Pick<Signatures, 'wrong' | 'past'>;
}

/** What was lost at the door, what is where, and what can be done about all of it. */
export function targetsPart(context: TargetsContext): Html {
	const { targets } = context.words;
	return html`${refused(context)}
		<h2 id="targets-heading">${targets.heading}</h2>
		<p class="hint aside">${targets.hint}</p>
		${targetList(context)}`;
}

function refused({
	signatures: { wrong, past },
	words: { refused: labels },
}: TargetsContext): Html {
	const when = ({ count, since, until }: WrongSignatures) =>
		count === 1 ? time(since) : html`${time(since)} – ${time(until)}`;
	return html`${
		wrong &&
		html`<div class="notice problem">
			<p>
				<strong class="problem">${labels.now(wrong.count)}</strong>
				<span class="hint">${when(wrong)}</span>
			</p>
			<p>${labels.advice}</p>
		</div>`
	}${
		past &&
		html`<div class="notice">
			<p>${labels.before(past.count)} <span class="hint">${when(past)}</span></p>
		</div>`
	}`;
}

function targetList(context: TargetsContext): Html {
	const { overview, words } = context;
	const shown = overview.filter(({ key, state }) => key !== NO_TARGET || state === 'current');
	if (shown.length === 0) {
		return html`<div class="target">
			<h3>${words.targets.none}</h3>
			<p>${words.targets.noneHint}</p>
		</div>`;
	}
	return html`<ul class="targets">
		${shown.map((one) => item(one, context))}
	</ul>`;
}

function item(one: TargetOverview, context: TargetsContext): Html {
	const { key, url, name, state, counts, oldestPendingAt } = one;
	const { words, now } = context;
	const { targets } = words;
	const isUnset = key === NO_TARGET;
	const age = oldestPendingAt === null ? undefined : Math.max(0, now - oldestPendingAt) / 1000;
	return html`<li class="target">
		<div>
			<h3>
				<span class="label">${targetLabel(one, context)}</span>
				${state === 'current' ? undefined : html`<span class="badge ${state}">${targets[state]}</span>`}
			</h3>
			${name === '' ? undefined : html`<code class="url" title="${url}">${url}</code>`}
		</div>
		<div>
			<p class="counts">
				${STATES.filter((state) => counts[state] > 0 || SHOWN_AT_ZERO.includes(state)).map((state) => count(one, state, context))}
				${age === undefined ? undefined : html`<span class="hint">${targets.oldest(words.duration(age))}</span>`}
			</p>
			${isUnset ? html`<p>${targets.noneHint}</p>` : how(one, context)}
		</div>
		${actions(one, context)}
	</li>`;
}

const SHOWN_AT_ZERO: readonly State[] = ['waiting', 'failed', 'delivered'];

/** Leads to the events that it counts; nothing leads to none. */
function count({ key, counts }: TargetOverview, state: State, { words }: Context): Html {
	const text = html`<b>${words.targets.count(counts[state])}</b> ${words.states[state]}`;
	return counts[state] === 0
		? html`<span class="count">${text}</span>`
		: html`<a
				class="count ${state}"
				id="count ${state} ${key}"
				href="${linkTo({ target: key, state })}"
				>${text}</a
			>`;
}

/** Whether it gets its events now; if not, since when, why, and what to do. */
function how(one: TargetOverview, context: TargetsContext): Html {
	const { key, state, changedAt } = one;
	const { status, keep, words } = context;
	const { targets } = words;
	if (state === 'paused') {
		return html`<p>${targets.pausedSince(time(changedAt), time(changedAt + keep))}</p>`;
	}
	if (state === 'left') {
		return html`<p>${targets.leftSince(time(changedAt))}</p>`;
	}
	const known = status(key);
	const trouble = troubleOf(known);
	if (trouble !== undefined) return problem(trouble, one, context);
	return known?.state === 'accepting'
		? html`<p class="ready">${targets.readySince} ${time(known.recoveredAt ?? known.since)}</p>`
		: html`<p>${targets.starting}</p>`;
}

function problem(trouble: Trouble, one: TargetOverview, context: Context): Html {
	const { cause, since, answer, nextAt, isStopped } = trouble;
	const { targets } = context.words;
	const { what, advice } = causeWords(cause, one, context);
	return html`<p class="problem"><strong>${what}</strong> ${advice}</p>
		<p class="hint">
			${isStopped ? targets.heldSince : targets.refusedSince}
			${time(since)}${
				answer === null || answer === ''
					? undefined
					: html` · ${/^\d{3}\b/.test(answer) ? targets.answered : targets.error}
							<code title="${answer}">${answer}</code>`
			}${nextAt === null ? undefined : html` · ${targets.askedAt} ${clock(nextAt)}`}
		</p>`;
}

function actions(one: TargetOverview, context: TargetsContext): Html | undefined {
	const { key, state, counts } = one;
	const { targets } = context.words;
	const all: Html[] = [];
	const isForgettable = key !== NO_TARGET && !one.isSet;
	if (state === 'left') {
		const undelivered = counts.waiting + counts.retrying + counts.failed;
		const sentTo = context.overview.filter(isSentTo);
		if (sentTo.length > 0) all.push(move(one, undelivered, context));
		all.push(
			confirmed('/targets/discard', one, context, {
				summary: targets.discard(undelivered),
				hint: targets.discardHint(undelivered),
				button: targets.confirmDiscard(undelivered),
			}),
		);
	} else if (counts.failed > 0) {
		all.push(
			html`<form method="post" action="/targets/send-failed">
				${hidden(one, context)}
				<button id="send ${key}">${targets.sendFailed(counts.failed)}</button>
			</form>`,
			confirmed('/targets/discard-failed', one, context, {
				summary: targets.discardFailed(counts.failed),
				hint: targets.discardFailedHint(counts.failed),
				button: targets.confirmDiscard(counts.failed),
			}),
		);
	}
	if (isForgettable) all.push(forget(one, context));
	return all.length === 0
		? undefined
		: html`<div class="actions ${isForgettable && all.length === 1 ? 'few' : ''}">${all}</div>`;
}

/** For a trigger that will not come back. */
function forget(one: TargetOverview, context: TargetsContext): Html {
	const { targets } = context.words;
	const { waiting, retrying, failed } = one.counts;
	return confirmed('/targets/forget', one, context, {
		summary: targets.forget,
		hint: targets.forgetHint(waiting + retrying + failed),
		button: targets.confirmForget,
	});
}

/** Something that is done only after it has said what it does. */
function confirmed(
	action: string,
	one: TargetOverview,
	context: TargetsContext,
	{ summary, hint, button }: Record<'summary' | 'hint' | 'button', string>,
): Html {
	const id = `${action} ${one.key}`;
	return html`<details id="open ${id}">
		<summary id="ask ${id}">${summary}</summary>
		<form method="post" action="${action}">
			${hidden(one, context)}
			<p>${hint}</p>
			<button class="danger" id="do ${id}">${button}</button>
		</form>
	</details>`;
}

/** For a target that is kept nothing more for, and has not got all. */
function move(one: TargetOverview, undelivered: number, context: TargetsContext): Html {
	const { targets } = context.words;
	return html`<form method="post" action="/targets/move" class="line">
		${hidden(one, context)}
		<label
			>${targets.moveTo}
			<select name="to" id="to ${one.key}">
				${context.overview.filter(isSentTo).map((other) => option(other.key, targetTitle(other, context)))}
			</select></label
		>
		<button id="move ${one.key}">${targets.move(undelivered)}</button>
	</form>`;
}

function hidden({ key }: TargetOverview, { session }: TargetsContext): Html {
	return html`${token(session)}<input type="hidden" name="target" value="${key}" />`;
}
