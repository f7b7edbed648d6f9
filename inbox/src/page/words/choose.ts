import { en, type Words } from './en';
import { ja } from './ja';

/** Japanese where the browser prefers it to English; else English. */
export function chooseWords(acceptLanguage: string | undefined): Words {
	const languages = (acceptLanguage ?? '')
		.split(',')
		.map((range) => {
			const [tag = '', quality] = range
				.trim()
				.toLowerCase()
				.split(/;\s*q=/);
			return { tag, quality: quality === undefined ? 1 : Number(quality) };
		})
		.sort((one, other) => other.quality - one.quality);
	const first = languages.find(({ tag }) => /^(en|ja)\b/.test(tag));
	return first?.tag.startsWith('ja') === true ? ja : en;
}
