import { problem, type Problem } from './problem';

/**
 * KoeIQ says "500 MB" and not which kind of megabyte. This is the larger one: what lies between the two is for KoeIQ
 * to decide.
 */
const MAXIMUM_BYTES = 500 * 1024 * 1024;

/** The file extensions and MIME types that a format goes by, the usual one first. */
interface Format {
	extensions: [string, ...string[]];
	mimeTypes: [string, ...string[]];
	/** Types that it shares with others, so that they count only if the name has no extension. */
	sharedTypes?: string[];
}

/** What KoeIQ accepts. */
const FORMATS: readonly Format[] = [
	{
		extensions: ['wav', 'wave'],
		mimeTypes: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/x-pn-wav'],
	},
	{
		extensions: ['mp3'],
		mimeTypes: ['audio/mpeg', 'audio/mp3', 'audio/x-mp3', 'audio/mpeg3', 'audio/x-mpeg'],
	},
	{
		extensions: ['m4a'],
		mimeTypes: ['audio/mp4', 'audio/x-m4a', 'audio/m4a'],
		sharedTypes: ['video/mp4'],
	},
	{
		extensions: ['ogg', 'oga', 'opus'],
		mimeTypes: ['audio/ogg', 'application/ogg', 'audio/opus', 'audio/vorbis'],
	},
];

/** What n8n knows of a file before it is read. */
export interface FileDescription {
	name: string | undefined;
	/** An item that a Code node has made may have none. */
	mimeType?: string;
	/** In bytes. */
	size: number;
}

export type CheckedFile = { outcome: 'file'; file: { name: string; type: string; size: number } };

/**
 * The name, MIME type and size that a file goes up with; or why KoeIQ would not accept it. It goes by the file's own
 * name and type: what is in the file is for KoeIQ to judge.
 */
export function checkFile({ name, mimeType = '', size }: FileDescription): CheckedFile | Problem {
	const extension = /\.([^.]+)$/.exec(name ?? '')?.[1]?.toLowerCase();
	const [type = ''] = mimeType
		.toLowerCase()
		.split(';', 1)
		.map((text) => text.trim());
	const named = FORMATS.find(({ extensions }) => extensions.includes(extension ?? ''));
	const typed =
		FORMATS.find(({ mimeTypes }) => mimeTypes.includes(type)) ??
		(extension === undefined
			? FORMATS.find(({ sharedTypes }) => sharedTypes?.includes(type))
			: undefined);
	const format = named ?? typed;
	if (format === undefined) {
		const called = name === undefined ? 'The file' : `The file "${name}"`;
		return problem(
			`${called} is not a WAV, MP3, M4A or OGG recording: neither its name nor its type (${mimeType || 'none'}) says so.`,
		);
	}
	if (size === 0) return problem('The recording is empty (0 bytes).');
	if (size > MAXIMUM_BYTES) {
		const megabytes = Math.ceil(size / 1024 / 1024);
		return problem(`The recording has ${megabytes} MB, and KoeIQ accepts 500 MB at most.`);
	}
	const [usualExtension] = format.extensions;
	const [usualType] = format.mimeTypes;
	const ownName = name || 'recording';
	return {
		outcome: 'file',
		file: {
			// Telephone systems name a recording RE123, and KoeIQ may know its format by the extension alone.
			name: named === undefined ? `${ownName}.${usualExtension}` : ownName,
			// If only the name says what it is, the type is application/octet-stream or another of no use.
			type: FORMATS.some(({ mimeTypes }) => mimeTypes.includes(type)) ? mimeType : usualType,
			size,
		},
	};
}
