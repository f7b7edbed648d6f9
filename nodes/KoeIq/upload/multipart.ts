/** A file that is read only while it is sent. */
export interface StreamedFile {
	name: string;
	/** Its MIME type. */
	type: string;
	/** In bytes, exactly: the request's Content-Length is made from it. */
	size: number;
	read(): AsyncIterable<Uint8Array>;
}

/**
 * The body of a multipart/form-data request: text fields, then one file. n8n's HTTP client sends a Blob as a stream,
 * with the Blob's `size` as Content-Length and its `type` as Content-Type. So no recording is in memory as a whole,
 * and the package needs no dependency for it.
 *
 * @param boundary a text that is nowhere in the file, such as a UUID
 */
export class MultipartBody extends Blob {
	// Own properties, not getters: n8n drops a body that has none.
	override readonly size: number;
	override readonly type: string;
	private readonly head: Buffer;
	private readonly tail: Buffer;
	private readonly chunks = this.write();

	constructor(
		fields: Readonly<Record<string, string>>,
		private readonly file: StreamedFile,
		boundary: string,
	) {
		super([]);
		const texts = Object.entries(fields).map(
			([name, value]) => `--${boundary}\r\n${disposition({ name })}\r\n\r\n${value}\r\n`,
		);
		const start = `--${boundary}\r\n${disposition({ name: 'file', filename: file.name })}\r\nContent-Type: ${escape(file.type)}\r\n\r\n`;
		this.head = Buffer.from(texts.join('') + start);
		this.tail = Buffer.from(`\r\n--${boundary}--\r\n`);
		this.size = this.head.length + file.size + this.tail.length;
		this.type = `multipart/form-data; boundary=${boundary}`;
	}

	override stream() {
		return ReadableStream.from(this.chunks);
	}

	/** Closes the file if the request has ended before all of it was read. */
	async close(): Promise<void> {
		await this.chunks.return(undefined);
	}

	private async *write(): AsyncGenerator<Uint8Array, void> {
		yield this.head;
		yield* this.readFile();
		yield this.tail;
	}

	private async *readFile(): AsyncGenerator<Uint8Array, void> {
		let length = 0;
		try {
			for await (const chunk of this.file.read()) {
				length += chunk.length;
				yield chunk;
			}
		} catch (error) {
			throw unreadable(error instanceof Error ? error.message : String(error));
		}
		if (length !== this.file.size) {
			throw unreadable(`it has ${length} bytes, not ${this.file.size} as n8n said`);
		}
	}
}

/** The code of an error in reading the file, to tell it from one of the connection. */
export const UNREADABLE = 'ERR_RECORDING_UNREADABLE';

function unreadable(message: string): Error {
	return Object.assign(new Error(message), { code: UNREADABLE });
}

function disposition(parameters: Record<string, string>): string {
	const pairs = Object.entries(parameters).map(([name, value]) => `; ${name}="${escape(value)}"`);
	return `Content-Disposition: form-data${pairs.join('')}`;
}

/** As browsers do it: UTF-8 as it is, and only what would end the value or the line is replaced. */
function escape(value: string): string {
	return value.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
