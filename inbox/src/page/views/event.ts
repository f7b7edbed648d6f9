import type { Delivery, StoredEvent, TargetOverview } from '../../store/store';
import { format } from '../format';
import { html, type Html } from '../html';
import type { Session } from '../sessions';
import type { Words } from '../words/en';
import { token } from './layout';
import { attemptsOf, isSet, isUndelivered, stateOf, targetLabel, time } from './parts';

export interface EventContext {
	event: StoredEvent;
	overview: TargetOverview[];
	session: Session | undefined;
	words: Words;
}

/** One event: what it is, where it went, where it can go, and what it says. */
export function eventPage(context: EventContext): Html {
	const { event, words } = context;
	return html`<nav><a href="/">← ${words.event.back}</a></nav>
		<h1>${event.event ?? words.list.unnamed}</h1>
		${facts(event, words)}
		<section aria-labelledby="deliveries-heading">
			<h2 id="deliveries-heading">${words.event.deliveries}</h2>
			<div data-live="/live/events/${event.id}">${deliveries(context)}</div>
		</section>
		<section aria-labelledby="again-heading">
			<h2 id="again-heading">${words.event.sendAgain}</h2>
			<div class="two">${toTargets(context)}${toUrl(context)}</div>
		</section>
		${content(event, words)}`;
}

function facts({ receivedAt, callId, voicelogId, id, body }: StoredEvent, words: Words): Html {
	const labels = words.event;
	const fact = (label: string, value: Html) =>
		html`<div>
			<dt>${label}</dt>
			<dd>${value}</dd>
		</div>`;
	return html`<dl class="facts">
		${fact(labels.received, time(receivedAt))} ${fact(labels.call, html`${callId ?? '–'}`)}
		${fact(labels.voicelog, html`${voicelogId ?? '–'}`)}
		${fact(labels.size, html`${labels.bytes(body.length)}`)}
		${fact(labels.id, html`<code title="${labels.idHint}">${id}</code>`)}
	</dl>`;
}

export function deliveries(context: EventContext): Html {
	const { event, words } = context;
	return html`<table>
		<thead>
			<tr>
				<th scope="col">${words.event.target}</th>
				<th scope="col">${words.list.state}</th>
				<th scope="col" class="figure">${words.list.attempts}</th>
				<th scope="col">${words.list.lastAnswer}</th>
				<th scope="col">${words.event.next}</th>
			</tr>
		</thead>
		<tbody>
			${event.deliveries.map((delivery) => row(delivery, context))}
		</tbody>
	</table>`;
}

function row(delivery: Delivery, { event, overview, session, words }: EventContext): Html {
	const { target, state, isIgnored, lastAnswer, dueAt } = delivery;
	return html`<tr>
		<td data-label="${words.event.target}">
			${targetLabel(target, overview, words)} <code class="url">${target.url}</code>
		</td>
		<td data-label="${words.list.state}">
			${stateOf(delivery, words)}
			<p class="hint">${isIgnored ? words.ignoredHint : words.stateHints[state]}</p>
			${isUndelivered(delivery) ? discard(event.id, target.key, session, words) : undefined}
		</td>
		<td data-label="${words.list.attempts}" class="figure">${attemptsOf(delivery)}</td>
		<td data-label="${words.list.lastAnswer}" class="answer">
			${lastAnswer ?? '–'}${history(delivery, words)}
		</td>
		<td data-label="${words.event.next}">${dueAt === null ? '–' : time(dueAt)}</td>
	</tr>`;
}

/** Every request that is kept, oldest first. */
function history({ history: attempts }: Delivery, words: Words): Html | undefined {
	if (attempts.length < 2) return undefined;
	return html`<details>
		<summary>${words.list.history(attempts.length)}</summary>
		<ol>
			${attempts.map(
				({ at, answer, milliseconds }) =>
					html`<li>${time(at)} · ${answer} · ${words.list.took(milliseconds)}</li>`,
			)}
		</ol>
	</details>`;
}

function discard(id: string, target: string, session: Session | undefined, words: Words): Html {
	return html`<details>
		<summary>${words.event.discard}</summary>
		<form method="post" action="/events/${id}/discard">
			${token(session)}<input type="hidden" name="target" value="${target}" />
			<p>${words.event.discardHint}</p>
			<button class="danger">${words.event.confirm}</button>
		</form>
	</details>`;
}

function toTargets({ event, overview, session, words }: EventContext): Html {
	const labels = words.event;
	const current = overview.filter(isSet);
	return html`<form method="post" action="/events/${event.id}/send" class="card">
		<h3>${labels.toTargets}</h3>
		<p>${labels.toTargetsHint}</p>
		${token(session)}
		${
			current.length < 2
				? undefined
				: html`<label
						>${labels.target}
						<select name="target">
							<option value="">${labels.allTargets}</option>
							${current.map(
								(one) =>
									html`<option value="${one.key}">
										${overview.indexOf(one) + 1} · ${one.url}
									</option>`,
							)}
						</select></label
					>`
		}
		<button>${labels.toTargetsButton}</button>
	</form>`;
}

function toUrl({ event, session, words }: EventContext): Html {
	const labels = words.event;
	return html`<form method="post" action="/events/${event.id}/send-to" class="card">
		<h3>${labels.toUrl}</h3>
		<p>${labels.toUrlHint}</p>
		${token(session)}
		<label
			>URL
			<input
				name="url"
				type="url"
				required
				value="${session?.lastUrl}"
				placeholder="https://n8n.example.com/webhook-test/…/koeiq"
			/>
		</label>
		<button>${labels.toUrlButton}</button>
	</form>`;
}

/** More than this is for a download: a page of megabytes helps nobody. */
const MOST_SHOWN_BYTES = 64 * 1024;

function content({ id, body, contentType, signature }: StoredEvent, words: Words): Html {
	const labels = words.event;
	const isShown = body.length <= MOST_SHOWN_BYTES;
	const raw = isShown ? body.toString() : labels.tooLarge;
	return html`<section aria-labelledby="content-heading">
		<h2 id="content-heading">${labels.content}</h2>
		<h3>${labels.formatted}</h3>
		<pre tabindex="0">${isShown ? format(raw.replace(/^\uFEFF/, '')) : labels.tooLarge}</pre>
		<details>
			<summary>${labels.raw}</summary>
			<pre tabindex="0">
Content-Type: ${contentType ?? ''}
X-KoeIQ-Signature: ${signature}

${raw}</pre>
		</details>
		<p><a href="/events/${id}/body" download>${labels.download}</a></p>
	</section>`;
}
