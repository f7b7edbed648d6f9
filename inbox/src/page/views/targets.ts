import { NO_TARGET, STATES, type TargetOverview } from '../../store/store';
import type { WorkerStatus } from '../../delivery/worker';
import { html, type Html } from '../html';
import type { Session } from '../sessions';
import type { Words } from '../words/en';
import { badge, isSentTo, targetLabel, targetTitle, time } from './parts';
import { token } from './layout';

interface Context {
	overview: TargetOverview[];
	status: (key: string) => WorkerStatus | undefined;
	session: Session | undefined;
	words: Words;
	now: number;
}

/** What is where, and what can be done about all of it. */
export function targetCards(context: Context): Html {
	const { overview, words } = context;
	const isUnset = overview.every(({ key }) => key === NO_TARGET);
	const cards = overview.filter(({ key, state }) => key !== NO_TARGET || state === 'current');
	return html`<ul class="targets">
		${cards.map((one) => card(one, context))}
		${
			isUnset && cards.length === 0
				? html`<li class="card">
						<h3>${words.targets.none}</h3>
						<p>${words.targets.noneHint}</p>
					</li>`
				: undefined
		}
	</ul>`;
}

function card(one: TargetOverview, context: Context): Html {
	const { key, url, name, state, counts, oldestPendingAt } = one;
	const { overview, words, now } = context;
	const { targets } = words;
	const isUnset = key === NO_TARGET;
	return html`<li class="card">
		<h3>
			${targetLabel(one, overview, words)}
			${state === 'current' ? undefined : html`<span class="badge ${state}">${targets[state]}</span>`}
		</h3>
		${name === '' ? undefined : html`<code class="url">${url}</code>`}
		${isUnset ? html`<p>${targets.noneHint}</p>` : stateLine(one, context)}
		<dl class="counts">
			${STATES.filter((state) => counts[state] > 0 || SHOWN_AT_ZERO.includes(state)).map(
				(state) =>
					html`<div>
						<dt>${badge(state, words)}</dt>
						<dd><a href="/?state=${state}">${targets.count(counts[state])}</a></dd>
					</div>`,
			)}
			${
				oldestPendingAt === null
					? undefined
					: html`<div>
							<dt>${targets.oldest}</dt>
							<dd>${words.duration(Math.max(0, now - oldestPendingAt) / 1000)}</dd>
						</div>`
			}
		</dl>
		${state === 'left' ? leave(one, context) : sendFailed(one, context)}
		${isUnset || one.isSet ? undefined : forget(one, context)}
	</li>`;
}

/** Whether it gets its events now; if not, since when and why. */
function stateLine({ key, state, changedAt }: TargetOverview, { status, words }: Context): Html {
	const { targets } = words;
	if (state === 'paused')
		return html`<p>${targets.pausedSince} ${time(changedAt)}. ${targets.pausedHint}</p>`;
	if (state === 'left')
		return html`<p>${targets.leftSince} ${time(changedAt)}. ${targets.leftHint}</p>`;
	const known = status(key);
	switch (known?.state) {
		case undefined:
		case 'starting':
			return html`<p>${targets.starting}</p>`;
		case 'accepting':
			return html`<p>${targets.acceptingSince} ${time(known.since)}</p>`;
		case 'unavailable':
			return html`<p class="problem">
				${targets.unavailableSince} ${time(known.since)}: ${known.answer ?? targets.notReady}
			</p>`;
		case 'rejecting':
			return html`<p class="problem">
					${targets.rejectingSince} ${time(known.since)}: ${known.answer}
				</p>
				${known.answer.startsWith('401') ? html`<p class="problem">${targets.otherSecret}</p>` : undefined}`;
	}
}

const SHOWN_AT_ZERO = ['waiting', 'failed', 'delivered'];

function sendFailed(
	{ key, counts }: TargetOverview,
	{ session, words }: Context,
): Html | undefined {
	if (counts.failed === 0) return undefined;
	return html`<p class="hint">${words.targets.failedHint}</p>
		<form method="post" action="/targets/send-failed">
			${token(session)}<input type="hidden" name="target" value="${key}" />
			<button>${words.targets.sendFailed(counts.failed)}</button>
		</form>`;
}

/** For a trigger that will not come back. */
function forget({ key, counts }: TargetOverview, { session, words }: Context): Html {
	const { targets } = words;
	const undelivered = counts.waiting + counts.retrying + counts.failed;
	return html`<details>
		<summary>${targets.forget}</summary>
		<form method="post" action="/targets/forget">
			${token(session)}<input type="hidden" name="target" value="${key}" />
			<p>${targets.forgetHint(undelivered)}</p>
			<button class="danger">${targets.confirmForget}</button>
		</form>
	</details>`;
}

/** For a target that is kept nothing more for, and has not got all. */
function leave({ key, counts }: TargetOverview, { overview, session, words }: Context): Html {
	const { targets } = words;
	const undelivered = counts.waiting + counts.retrying + counts.failed;
	const current = overview.filter(isSentTo);
	const hidden = html`${token(session)}<input type="hidden" name="target" value="${key}" />`;
	return html`${
			current.length === 0
				? undefined
				: html`<form method="post" action="/targets/move">
						${hidden}
						<label
							>${targets.moveTo}
							<select name="to">
								${current.map(
									(other) =>
										html`<option value="${other.key}">
											${overview.indexOf(other) + 1} · ${targetTitle(other)}
										</option>`,
								)}
							</select></label
						>
						<button>${targets.move(undelivered)}</button>
					</form>`
		}
		<details>
			<summary>${targets.discard}</summary>
			<form method="post" action="/targets/discard">
				${hidden}
				<p>${targets.discardHint(undelivered)}</p>
				<button class="danger">${targets.confirm(undelivered)}</button>
			</form>
		</details>`;
}
