import { randomBytes } from 'node:crypto';

/** What the page says once, after something was done. */
export interface Notice {
	id: string;
	text: string;
	isProblem: boolean;
	/** What a URL answered, as it came. */
	answer?: string;
}

export interface Session {
	/** In the log; nothing can be done with it. */
	name: string;
	/** Every form carries it: another site cannot know it. */
	token: string;
	/** Of the clock that nobody sets, in milliseconds. */
	expiresAt: number;
	notice?: Notice;
	/** The URL that was typed last, so that the next event can go there too. */
	lastUrl: string;
}

const SESSION_LIFETIME_MS = 12 * 3_600_000;
const MAX_SESSIONS = 100;

/** Who is signed in; in memory, so a restart signs everybody out. */
export class Sessions {
	private readonly sessions = new Map<string, Session>();

	/** @returns the session, and its id for the cookie */
	open(now = performance.now()): { id: string; session: Session } {
		const id = randomBytes(32).toString('base64url');
		const session: Session = {
			name: randomBytes(3).toString('hex'),
			token: randomId(),
			expiresAt: now + SESSION_LIFETIME_MS,
			lastUrl: '',
		};
		this.sessions.set(id, session);
		for (const [oldest] of this.sessions) {
			if (this.sessions.size <= MAX_SESSIONS) break;
			this.sessions.delete(oldest);
		}
		return { id, session };
	}

	find(id: string, now = performance.now()): Session | undefined {
		const session = this.sessions.get(id);
		if (session !== undefined && session.expiresAt > now) return session;
		this.sessions.delete(id);
		return undefined;
	}

	close(id: string): void {
		this.sessions.delete(id);
	}
}

export function randomId(): string {
	return randomBytes(18).toString('base64url');
}
