import { MultipartBody, UNREADABLE } from '../../nodes/KoeIq/upload/multipart';

const file = (content: string[], size?: number) => ({
	name: 'call.wav',
	type: 'audio/wav',
	size: size ?? Buffer.byteLength(content.join('')),
	read: async function* () {
		for (const piece of content) yield Buffer.from(piece);
	},
});

const text = async (body: MultipartBody) => {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body.stream()) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
};

test('is written as RFC 7578 has it, the file last', async () => {
	const fields = { call_id: 'CALL-1', department: '営業\r\n2' };
	const body = new MultipartBody(fields, file(['RIFF', '…']), 'boundary');
	expect(body.type).toBe('multipart/form-data; boundary=boundary');
	expect(await text(body)).toBe(
		[
			'--boundary',
			'Content-Disposition: form-data; name="call_id"',
			'',
			'CALL-1',
			'--boundary',
			'Content-Disposition: form-data; name="department"',
			'',
			'営業\r\n2',
			'--boundary',
			'Content-Disposition: form-data; name="file"; filename="call.wav"',
			'Content-Type: audio/wav',
			'',
			'RIFF…',
			'--boundary--',
			'',
		].join('\r\n'),
	);
});

test('knows its size before the file is read', async () => {
	const body = new MultipartBody({ call_id: '通話' }, file(['ひ', 'と']), 'b');
	expect(body.size).toBe(Buffer.byteLength(await text(body)));
});

test.each([
	[{ name: '"\r\nX-Evil: 1.wav' }, 'filename="%22%0D%0AX-Evil: 1.wav"\r\n'],
	[{ type: 'a; b="c"\r\nX-Evil: 1\n\nRIFF' }, ': a; b=%22c%22%0D%0AX-Evil: 1%0A%0ARIFF\r\n\r\n'],
])('%j can end neither its quotes nor its line', async (label, written) => {
	const body = new MultipartBody({}, { ...file([]), ...label }, 'b');
	expect(await text(body)).toContain(written);
});

test.each([1, 3])('fails if the file is not of the size that was announced', async (size) => {
	const body = new MultipartBody({}, file(['ab'], size), 'b');
	await expect(text(body)).rejects.toMatchObject({
		code: UNREADABLE,
		message: `it has 2 bytes, not ${size} as n8n said`,
	});
});

test('is a Blob with properties of its own: n8n and its HTTP client ask for both', () => {
	const body = new MultipartBody({}, file([]), 'b');
	expect(Object.prototype.toString.call(body)).toBe('[object Blob]');
	expect(Object.keys(body)).toEqual(expect.arrayContaining(['size', 'type']));
});

test('closes a file that is not read to its end', async () => {
	let closed = false;
	const half = {
		...file([], 2),
		read: async function* () {
			try {
				yield Buffer.from('a');
				yield Buffer.from('b');
			} finally {
				closed = true;
			}
		},
	};
	const body = new MultipartBody({}, half, 'b');
	const reader = body.stream().getReader();
	await reader.read();
	await reader.read();
	expect(closed).toBe(false);
	await body.close();
	expect(closed).toBe(true);
});

test('reads the file only as fast as it is sent', async () => {
	let read = 0;
	const endless = {
		...file([], 1_000_000),
		read: async function* () {
			for (;;) {
				read += 1;
				yield Buffer.alloc(1_000);
			}
		},
	};
	const reader = new MultipartBody({}, endless, 'b').stream().getReader();
	await reader.read();
	await reader.read();
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(read).toBeLessThanOrEqual(2);
});
