import type { Language } from '../../settings';
import type { Notice } from '../notice';
import type { SendFailure } from '../send';
import { en } from './en';
import { ja } from './ja';

/** All that the chat says, in one language. */
export interface Words {
	/** A paragraph. */
	say: (notice: Notice) => string;
	/** The message that only shows that messages arrive. */
	test: string;
	/** One sentence or two on why a message has not been sent, and what to do. */
	notSent: (failure: SendFailure) => string;
}

export function wordsOf(language: Language): Words {
	return { en, ja }[language];
}
