import type { FastifyReply, FastifyRequest } from 'fastify';

import { version } from '../../../package.json';
import { html, type Html } from '../html';
import type { Notice, Session } from '../sessions';
import type { Words } from '../words/en';

export interface Page {
	/** Before the page's own title. */
	title?: string;
	content?: Html;
	/** What is wrong, at the top. */
	problem?: string;
}

/** Answers with a whole page, in the browser's language. */
export async function sendPage(
	{ words, session, query }: Pick<FastifyRequest, 'words' | 'session' | 'query'>,
	reply: FastifyReply,
	page: Page,
): Promise<FastifyReply> {
	const { title, content, problem } = page;
	const notice =
		problem === undefined ? noticeOf(session, query) : { text: problem, isProblem: true };
	return await sendPart(
		reply,
		html`<!doctype html>
			<html lang="${words.language}">
				<head>
					<meta charset="utf-8" />
					<meta name="viewport" content="width=device-width, initial-scale=1" />
					<title>${title === undefined ? '' : `${title} · `}${words.title}</title>
					<link rel="icon" href="/icon.svg" />
					<link rel="stylesheet" href="/page.css" />
					<script src="/live.js" defer></script>
				</head>
				<body>
					${header(words, session)}
					<main>${notice && noticeBox(notice)}${content}</main>
					${session && html`<footer class="hint">${words.title} ${version}</footer>`}
				</body>
			</html>`,
	);
}

/** Answers with a part of a page, for one that is open and refreshes itself. */
export async function sendPart(reply: FastifyReply, part: Html): Promise<FastifyReply> {
	return await reply.type('text/html; charset=utf-8').send(part.text);
}

/** The start of a form that changes something. */
export function token(session: Session | undefined): Html {
	return html`<input type="hidden" name="token" value="${session?.token}" />`;
}

function header(words: Words, session: Session | undefined): Html {
	return html`<header>
		<a href="/" class="brand"
			><img src="/icon.svg" alt="" width="28" height="28" />${words.title}</a
		>
		${
			session &&
			html`<p
					id="status"
					data-updated="${words.live.updated}"
					data-unreachable="${words.live.unreachable}"
				></p>
				<p id="alarm" class="unseen" role="alert"></p>
				<form method="post" action="/sign-out">
					${token(session)}<button class="quiet">${words.signIn.signOut}</button>
				</form>`
		}
	</header>`;
}

/** What an action left to say; the address carries its id, so that it is said on the page that it is for. */
function noticeOf(session: Session | undefined, query: unknown): Notice | undefined {
	const { notice } = query as { notice?: string };
	return session?.notice?.id === notice ? session?.notice : undefined;
}

function noticeBox({ text, isProblem, answer }: Omit<Notice, 'id'>): Html {
	return html`<div class="notice ${isProblem ? 'problem' : ''}" role="alert">
		<p>${text}</p>
		${answer && html`<pre tabindex="0">${answer}</pre>`}
	</div>`;
}
