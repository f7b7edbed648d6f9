import { NO_TARGET, STATES, type TargetOverview } from '../../store/store';
import { html, type Html } from '../html';
import type { Session } from '../sessions';
import type { Words } from '../words/en';
import { badge, isSet, targetLabel } from './parts';
import { token } from './layout';

interface Context {
	overview: TargetOverview[];
	session: Session | undefined;
	words: Words;
	now: number;
}

/** What is where, and what can be done about all of it. */
export function targetCards(context: Context): Html {
	const { overview, words } = context;
	const isUnset = !overview.some(isSet);
	const cards = overview.filter(({ key }) => key !== NO_TARGET || isUnset);
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
	const { key, url, isCurrent, counts, oldestPendingAt } = one;
	const { overview, words, now } = context;
	const { targets } = words;
	const isUnset = key === NO_TARGET;
	return html`<li class="card">
		<h3>
			${targetLabel(one, overview, words)}
			${isUnset ? undefined : html`<code class="url">${url}</code>`}
			${isCurrent || isUnset ? undefined : html`<span class="badge removed">${targets.removed}</span>`}
		</h3>
		${isUnset ? html`<p>${targets.noneHint}</p>` : undefined}
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
		${isCurrent ? sendFailed(one, context) : isUnset ? undefined : leave(one, context)}
	</li>`;
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

/** For a target that is no longer in the settings. */
function leave({ key, counts }: TargetOverview, { overview, session, words }: Context): Html {
	const { targets } = words;
	const undelivered = counts.waiting + counts.retrying + counts.failed;
	const current = overview.filter(isSet);
	const hidden = html`${token(session)}<input type="hidden" name="target" value="${key}" />`;
	return html`<p class="hint">${targets.removedHint}</p>
		${
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
											${overview.indexOf(other) + 1} · ${other.url}
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
