import {
	attemptsOf,
	STATES,
	type Delivery,
	type EventSummary,
	type TargetOverview,
} from '../../store/store';
import { EVENTS } from '../../../../nodes/KoeIq/core/events';
import { html, type Html } from '../html';
import type { Words } from '../words/en';
import { stateOf, targetLabel, time } from './parts';

/** What the address asks for. */
export interface Filter {
	text: string;
	state: string;
	before: string;
}

/** The list's whole page; `targets` and `rows` refresh themselves. */
export function listPage(filter: Filter, words: Words, targets: Html, rows: Html): Html {
	return html`<h1 class="unseen">${words.title}</h1>
		<section aria-labelledby="targets-heading">
			<h2 id="targets-heading">${words.targets.heading}</h2>
			<p class="hint">${words.targets.hint}</p>
			<div data-live="/live/targets">${targets}</div>
		</section>
		<section aria-labelledby="events-heading">
			<h2 id="events-heading">${words.list.heading}</h2>
			${filterForm(filter, words)}
			<div data-live="/live/events?${query(filter)}">${rows}</div>
		</section>`;
}

function filterForm({ text, state }: Filter, { filter, states }: Words): Html {
	return html`<form method="get" action="/" role="search" class="filter">
		<label class="grow"
			>${filter.search}
			<input
				name="text"
				type="search"
				value="${text}"
				placeholder="${filter.searchHint}"
				list="names"
			/>
		</label>
		<datalist id="names">
			${EVENTS.map(({ name }) => html`<option value="${name}"></option>`)}
		</datalist>
		<label
			>${filter.state}
			<select name="state">
				<option value="">${filter.all}</option>
				${STATES.map((one) =>
					one === state
						? html`<option value="${one}" selected>${states[one]}</option>`
						: html`<option value="${one}">${states[one]}</option>`,
				)}
			</select></label
		>
		<button>${filter.button}</button>
		${text + state === '' ? undefined : html`<a href="/">${filter.clear}</a>`}
	</form>`;
}

export interface Rows {
	filter: Filter;
	events: EventSummary[];
	/** Whether there are more after these. */
	hasMore: boolean;
	overview: TargetOverview[];
}

export function rows({ filter, events, hasMore, overview }: Rows, words: Words): Html {
	const { list } = words;
	const isFiltered = filter.text + filter.state + filter.before !== '';
	if (events.length === 0) {
		return html`<p class="empty">${isFiltered ? list.noneFound : list.empty}</p>`;
	}
	const last = events.at(-1);
	const older = last && query({ ...filter, before: String(last.sequence) });
	return html`<table class="events">
			<thead>
				<tr>
					<th scope="col">${list.received}</th>
					<th scope="col">${list.event}</th>
					<th scope="col">${list.call}</th>
					<th scope="col">${list.state}</th>
					<th scope="col" class="figure">${list.attempts}</th>
					<th scope="col">${list.lastAnswer}</th>
				</tr>
			</thead>
			${events.map((event) => group(event, overview, words))}
		</table>
		<nav>
			${
				filter.before === ''
					? undefined
					: html`<a href="/?${query({ ...filter, before: '' })}">${list.newest}</a>`
			}
			${hasMore ? html`<a href="/?${older}" rel="next">${list.older}</a>` : undefined}
		</nav>`;
}

/** An event, and a line for each of its targets. */
function group(event: EventSummary, overview: TargetOverview[], words: Words): Html {
	const { list } = words;
	const span = Math.max(event.deliveries.length, 1);
	const facts = html`<td rowspan="${span}" data-label="${list.received}">
			${time(event.receivedAt)}
		</td>
		<td rowspan="${span}" data-label="${list.event}">
			<a href="/events/${event.id}" id="event-${event.sequence}">${event.event ?? list.unnamed}</a>
		</td>
		<td rowspan="${span}" data-label="${list.call}">
			<span class="cut">${event.callId ?? '–'}</span>
			<span class="cut hint" title="${list.voicelog}">${event.voicelogId}</span>
		</td>`;
	const [first, ...others] = event.deliveries.map((one) => deliveryCells(one, overview, words));
	return html`<tbody>
		<tr>
			${facts}${first}
		</tr>
		${others.map(
			(cells) =>
				html`<tr>
					${cells}
				</tr>`,
		)}
	</tbody>`;
}

function deliveryCells(delivery: Delivery, overview: TargetOverview[], words: Words): Html {
	const { list } = words;
	const { target, lastAnswer } = delivery;
	return html`<td data-label="${list.state}">
			${overview.length > 1 ? targetLabel(target, overview, words) : undefined}
			${stateOf(delivery, words)}
		</td>
		<td data-label="${list.attempts}" class="figure">${attemptsOf(delivery)}</td>
		<td data-label="${list.lastAnswer}"><span class="cut">${lastAnswer ?? '–'}</span></td>`;
}

function query({ text, state, before }: Filter): string {
	const set = Object.entries({ text, state, before }).filter(([, value]) => value !== '');
	return new URLSearchParams(set).toString();
}
